import Foundation
import JEPADensity
import JEPATensor
import Testing

// Laws of draws, and of densities as measures.

extension HeadUnderTest {
  func expectReproducibleDraws() {
    let head = head(context: 3, target: 5, dtype: .float32)
    let prediction = head(normal([600, 3], "context", dtype: .float32))
    func draw(_ threads: Int) -> Tensor {
      var random = RandomSource(seed: 11)
      return Parallelism.withThreads(threads) { prediction.sample(3, using: &random) }
    }
    let once = draw(1)
    expectSameBits(draw(1), once, "\(label): twice")
    for threads in [2, 5] { expectSameBits(draw(threads), once, "\(label): \(threads) threads") }
    var random = RandomSource(seed: 12)
    let other = prediction.sample(3, using: &random)
    #expect(other.doubles() != once.doubles(), "\(label): another seed, the same draws")
    let next = prediction.sample(3, using: &random)
    #expect(other.doubles() != next.doubles(), "\(label): drawing twice gives the same")
  }

  func expectMeanOfSamples() {
    let head = head(context: 3, target: 3)
    let prediction = head(normal([4, 3], "context"))
    var draws = RandomSource(seed: 21)
    let count = 8192
    let samples = prediction.sample(count, using: &draws)  // [S, 4, 3]
    let expected = samples.mean(axis: 0).doubles()
    let deviations = samples.variance(axis: 0).squareRoot().doubles()
    let mean = prediction.mean(using: &draws).doubles()
    for index in mean.indices {
      let error =
        deviations[index]
        * (1 / Double(count) + (meanDraws.map { 1 / Double($0) } ?? 0)).squareRoot()
      #expect(
        abs(mean[index] - expected[index]) < 5 * error,
        "\(label): mean \(mean[index]) at \(index), samples have \(expected[index]) ± \(error)")
    }
  }

  func expectIntegralOfOneDimension() {
    for seed in 1...3 as ClosedRange<UInt64> {
      guard let line = DensityLine(of: self, seed: seed) else { return }
      #expect(
        abs(line.total - 1) < integrationTolerance, "\(label): integral \(line.total), seed \(seed)"
      )
    }
  }

  func expectIntegralOfTwoDimensions() {
    guard let plane = DensityPlane(of: self, seed: 1) else { return }
    #expect(abs(plane.total - 1) < 2 * integrationTolerance, "\(label): integral \(plane.total)")
  }

  func expectSamplesOfOneDimension() {
    for seed in 1...3 as ClosedRange<UInt64> {
      guard let line = DensityLine(of: self, seed: seed) else { return }
      var draws = RandomSource(seed: seed).split("samples")
      let head = head(context: 3, target: 1, seed: seed)
      let samples = head(lawContext).sample(20_000, using: &draws).doubles()
      expectFollow(samples, line.grid, line.cumulative, "one dimension, seed \(seed)")
    }
  }

  func expectSamplesOfTwoDimensions() {
    guard let plane = DensityPlane(of: self, seed: 1) else { return }
    var draws = RandomSource(seed: 31)
    let samples = head(context: 3, target: 2)(lawContext).sample(20_000, using: &draws).doubles()
    let first = stride(from: 0, to: samples.count, by: 2).map { samples[$0] }
    let second = stride(from: 1, to: samples.count, by: 2).map { samples[$0] }
    expectFollow(first, plane.grid, plane.cumulative(axis: 0), "first of two")
    expectFollow(second, plane.grid, plane.cumulative(axis: 1), "second of two")
    // What joins them: the mean of the product of bounded functions.
    let products = zip(first, second).map { Foundation.tanh($0) * Foundation.tanh($1) }
    let mean = products.reduce(0, +) / Double(products.count)
    let square = products.reduce(0) { $0 + $1 * $1 } / Double(products.count)
    let error = ((square - mean * mean) / Double(products.count)).squareRoot()
    #expect(
      abs(mean - plane.productMean) < 5 * error + 2 * integrationTolerance,
      "\(label): E tanh y₁ tanh y₂ is \(mean) ± \(error) of samples, \(plane.productMean) by the density"
    )
  }

  /// Kolmogorov's distance between draws and a distribution function; 2 / √n has probability 7e-4.
  private func expectFollow(
    _ samples: [Double], _ grid: [Double], _ cumulative: [Double], _ what: String
  ) {
    let sorted = samples.sorted()
    let count = Double(sorted.count)
    var (worst, position) = (0.0, 0)
    for (y, expected) in zip(grid, cumulative) {
      while position < sorted.count, sorted[position] <= y { position += 1 }
      worst = max(worst, abs(Double(position) / count - expected))
    }
    #expect(
      worst < 2 / count.squareRoot() + integrationTolerance,
      "\(label), \(what): Kolmogorov distance \(worst) of \(sorted.count) draws")
  }

  var lawContext: Tensor { normal([1, 3], "law context") }
}

/// A grid that is fine near 0 and reaches far: y = sinh u, u even.
private struct Grid {
  let values: [Double]
  /// dy of each point, by the trapezoidal rule in u.
  let widths: [Double]

  init(reach: Double, count: Int) {
    let step = 2 * reach / Double(count - 1)
    let u = (0..<count).map { -reach + Double($0) * step }
    values = u.map { sinh($0) }
    widths = u.map { cosh($0) * step }
  }
}

/// A head's density over one coordinate, for one context.
struct DensityLine {
  let grid: [Double]
  let cumulative: [Double]
  var total: Double { cumulative.last ?? 0 }

  init?<Head>(of head: HeadUnderTest<Head>, seed: UInt64) {
    let points = Grid(reach: 9, count: 20_001)
    let y = Tensor(points.values, shape: [points.values.count, 1])
    let context = head.lawContext.broadcast(to: [points.values.count, 3])
    let prediction = head.head(context: 3, target: 1, seed: seed)(context)
    guard let density = head.logDensity(prediction, of: y) else { return nil }
    var sum = 0.0
    grid = points.values
    cumulative = zip(density.doubles(), points.widths).map { logDensity, width in
      defer { sum += exp(logDensity) * width / 2 }
      sum += exp(logDensity) * width / 2
      return sum
    }
  }
}

/// A head's density over two coordinates, for one context.
struct DensityPlane {
  let grid: [Double]
  /// Probability of each cell, the first coordinate's index first.
  private let mass: [Double]
  var total: Double { mass.reduce(0, +) }

  init?<Head>(of head: HeadUnderTest<Head>, seed: UInt64) {
    let points = Grid(reach: 6, count: 501)
    let count = points.values.count
    let second = Tensor(points.values, shape: [count, 1])
    let context = head.lawContext.broadcast(to: [count, 3])
    let prediction = head.head(context: 3, target: 2, seed: seed)(context)
    var mass: [Double] = []
    for (value, width) in zip(points.values, points.widths) {
      let y = Tensor.concatenated([.full([count, 1], value, dtype: .float64), second], axis: 1)
      guard let density = head.logDensity(prediction, of: y) else { return nil }
      mass += zip(density.doubles(), points.widths).map { exp($0) * width * $1 }
    }
    grid = points.values
    self.mass = mass
  }

  /// The distribution function of one coordinate.
  func cumulative(axis: Int) -> [Double] {
    let count = grid.count
    var sum = 0.0
    return (0..<count).map { i in
      let marginal = (0..<count).reduce(0.0) {
        $0 + mass[axis == 0 ? i * count + $1 : $1 * count + i]
      }
      defer { sum += marginal / 2 }
      sum += marginal / 2
      return sum
    }
  }

  /// E tanh y₁ tanh y₂.
  var productMean: Double {
    let bounded = grid.map { Foundation.tanh($0) }
    return mass.indices.reduce(0) {
      $0 + mass[$1] * bounded[$1 / grid.count] * bounded[$1 % grid.count]
    }
  }
}
