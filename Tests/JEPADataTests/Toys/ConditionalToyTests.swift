import Foundation
import JEPAData
import JEPATensor
import JEPATestSupport
import Testing

/// What holds for every toy.
@Suite struct ConditionalToyTests {
  static let toys: [any ConditionalToy] = [
    InverseSinusoid(), InverseSinusoid(amplitude: 0.1, noise: 0.05), RingOfGaussians(),
    RingOfGaussians(modeCounts: [3, 7], radius: 2, deviation: 0.4), TwoMoons(),
    StandardizedToy(InverseSinusoid()),
    TwoMoons(deviation: 0.2),
  ]

  @Test(arguments: toys.indices) func entropyIsTheMeanOfMinusLogDensity(index: Int) {
    let toy = Self.toys[index]
    var random = RandomSource(seed: 11)
    let count = 40_000
    let (contexts, targets) = toy.sample(count, using: &random)
    #expect(contexts.shape == [count, toy.contextDimensions] && contexts.dtype == .float32)
    #expect(targets.shape == [count, toy.targetDimensions])
    let losses = (-toy.logDensity(of: targets, given: contexts)).doubles()
    let mean = losses.reduce(0, +) / Double(count)
    let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    let error = (variance / Double(count)).squareRoot()
    #expect(abs(mean - toy.conditionalEntropy()) < 4 * error, "\(toy): \(mean) ± \(error)")
  }

  @Test(arguments: toys.indices) func densityIntegratesToOne(index: Int) {
    let toy = Self.toys[index]
    let contexts = toy.exampleContexts
    for row in 0..<contexts.shape[0] {
      let context = contexts.slice(axis: 0, row..<row + 1)
      let grid = MidpointGrid(toy.targetBounds, cells: toy.targetDimensions == 1 ? 200_000 : 200)
      let logDensity = toy.logDensity(
        of: grid.points, given: context.broadcast(to: [grid.count, toy.contextDimensions]))
      let total = logDensity.exp().sum().item() * grid.cellVolume
      #expect(abs(total - 1) < 2e-4, "\(toy), context \(row): \(total)")
    }
  }

  @Test(arguments: toys.indices) func modesHoldTheMassTheySay(index: Int) {
    let toy = Self.toys[index]
    var random = RandomSource(seed: 3)
    let (contexts, targets) = toy.sample(4000, dtype: .float64, using: &random)
    let modes = toy.modes(given: contexts)
    let width = toy.targetDimensions
    let values = targets.doubles()
    // Each target goes to the nearest ridge; the weights predict how often that is the first.
    var (seen, expected, variance) = (0.0, 0.0, 0.0)
    for (row, modes) in modes.enumerated() {
      #expect(abs(modes.reduce(0) { $0 + $1.weight } - 1) < 1e-9)
      let y = Array(values[row * width..<(row + 1) * width])
      let nearest = modes.indices.min { modes[$0].distance(to: y) < modes[$1].distance(to: y) }
      seen += nearest == 0 ? 1 : 0
      expected += modes[0].weight
      variance += modes[0].weight * (1 - modes[0].weight)
    }
    #expect(abs(seen - expected) < 4 * variance.squareRoot() + 0.02 * 4000, "\(toy)")
    // At the middle of a ridge there is density.
    for (row, modes) in toy.modes(given: toy.exampleContexts).enumerated() {
      for mode in modes {
        let density = toy.logDensity(
          of: Tensor(mode.location, shape: [1, width]),
          given: toy.exampleContexts.slice(axis: 0, row..<row + 1))
        #expect(density.item() > -5)
        #expect(mode.contains(mode.location))
      }
    }
  }

  @Test(arguments: toys.indices) func targetsAndContextsLieWithinBounds(index: Int) {
    let toy = Self.toys[index]
    var random = RandomSource(seed: 8)
    let (contexts, targets) = toy.sample(2000, dtype: .float64, using: &random)
    for (tensor, bounds) in [(contexts, toy.contextBounds), (targets, toy.targetBounds)] {
      let outside = tensor.doubles().enumerated().filter {
        !bounds[$0.offset % bounds.count].contains($0.element)
      }
      #expect(outside.isEmpty)
    }
  }

  @Test func sameSeedSameDraws() {
    for toy in Self.toys {
      var (first, second) = (RandomSource(seed: 1), RandomSource(seed: 1))
      let (a, b) = (toy.sample(50, using: &first), toy.sample(50, using: &second))
      expectSameBits(a.contexts, b.contexts)
      expectSameBits(a.targets, b.targets)
      let none = toy.sample(0, using: &first)
      #expect(none.targets.shape == [0, toy.targetDimensions])
      #expect(toy.logDensity(of: none.targets, given: none.contexts).shape == [0])
    }
  }
}

/// The midpoints of equal cells over a box.
struct MidpointGrid {
  let points: Tensor
  let cellVolume: Double
  var count: Int { points.shape[0] }

  init(_ bounds: [ClosedRange<Double>], cells: Int) {
    let axes = bounds.map { range -> [Double] in
      (0..<cells).map {
        range.lowerBound + (Double($0) + 0.5) / Double(cells)
          * (range.upperBound - range.lowerBound)
      }
    }
    var rows: [[Double]] = [[]]
    for axis in axes { rows = rows.flatMap { row in axis.map { row + [$0] } } }
    points = Tensor(rows.flatMap(\.self), shape: [rows.count, bounds.count])
    cellVolume = bounds.reduce(1) { $0 * ($1.upperBound - $1.lowerBound) / Double(cells) }
  }
}
