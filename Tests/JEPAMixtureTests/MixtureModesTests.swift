import Foundation
import JEPADensity
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct MixtureModesTests {
  /// A mixture of one row; `means` by component.
  private static func mixture(
    _ weights: [Double], _ means: [[Double]], scale: Double = 1, factors: Tensor? = nil
  ) -> MixturePrediction {
    let shape = [1, weights.count, means[0].count]
    return MixturePrediction(
      logits: Tensor(weights.map { log($0) }, shape: [1, weights.count]),
      means: Tensor(means.flatMap { $0 }, shape: shape),
      logScales: .full(shape, log(scale), dtype: .float64), factors: factors)
  }

  /// Where the density's gradient is below `tolerance` and every way is down.
  private static func expectMaxima(
    _ prediction: MixturePrediction, tolerance: Double = 1e-4,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let width = prediction.mean.shape[1]
    for mode in prediction.modes(limit: 100)[0] {
      let place = mode.location.reshaped([1, width])
      let (value, gradients) = valueAndGradients(at: [place]) { prediction.logDensity(of: $0[0]) }
      #expect(abs(value.item() - mode.logDensity) < 1e-9, sourceLocation: sourceLocation)
      let gradient = try #require(gradients[0])
      #expect(gradient.norm() < tolerance, sourceLocation: sourceLocation)
      var random = RandomSource(seed: 1)
      for _ in 0..<50 {
        let aside = place + Tensor.normal([1, width], dtype: .float64, using: &random) * 0.03
        #expect(
          prediction.logDensity(of: aside).item() <= mode.logDensity + 1e-9,
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test func componentsFarApart() throws {
    let prediction = Self.mixture([0.2, 0.5, 0.3], [[-20, 0], [0, 15], [30, 30]])
    let modes = prediction.modes(limit: 10)[0]
    #expect(modes.count == 3)
    expectClose(modes.map(\.weight), [0.5, 0.3, 0.2], relative: 1e-12)
    expectClose(
      modes.flatMap { $0.location.doubles() }, [0, 15, 30, 30, -20, 0], absolute: 1e-6, relative: 0)
    expectClose(
      modes.map(\.logDensity), [0.5, 0.3, 0.2].map { log($0 / (2 * Double.pi)) }, relative: 1e-9)
    #expect(prediction.modes(limit: 2)[0].map(\.weight) == Array(modes.map(\.weight).prefix(2)))
    #expect(prediction.modes(limit: 0)[0].isEmpty)
  }

  /// Two equal Gaussians have two modes where their means are more than 2σ apart, otherwise one, in the
  /// middle; the modes lie within the means.
  @Test(arguments: [(1.0, 1), (1.9, 1), (2.2, 2), (4.0, 2)])
  func twoComponentsMerge(_ distance: Double, _ count: Int) throws {
    let half = 0.3 * distance / 2
    let prediction = Self.mixture([0.5, 0.5], [[-half], [half]], scale: 0.3)
    let modes = prediction.modes(limit: 5)[0]
    #expect(modes.count == count)
    #expect(abs(modes.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    for mode in modes {
      let place = abs(mode.location.item())
      #expect(count == 1 ? place < 1e-3 : place > 0.01 && place < half)
    }
    try Self.expectMaxima(prediction, tolerance: 1e-3)
  }

  /// A light component in the middle of a heavy pair: its mean is stationary by symmetry, but a minimum.
  @Test func aMeanOnAMinimumLeavesIt() throws {
    let prediction = Self.mixture([0.4998, 0.0004, 0.4998], [[-2.5], [0], [2.5]])
    let modes = prediction.modes(limit: 5)[0]
    #expect(modes.count == 2)
    #expect(abs(modes.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    #expect(modes.allSatisfy { abs($0.location.item()) > 2 })
    try Self.expectMaxima(prediction)
  }

  /// A ring of Gaussians on eight places, some components twice.
  @Test func aRing() throws {
    let angles = (0..<12).map { Double($0 % 8) / 8 * 2 * Double.pi }
    let prediction = Self.mixture(
      [Double](repeating: 1 / 12.0, count: 12), angles.map { [3 * cos($0), 3 * sin($0)] },
      scale: 0.4)
    let modes = prediction.modes(limit: 20)[0]
    #expect(modes.count == 8)
    expectClose(
      modes.map(\.weight).sorted(), [1, 1, 1, 1, 2, 2, 2, 2].map { $0 / 12 }, relative: 1e-9)
    try Self.expectMaxima(prediction)
  }

  @Test(arguments: [1, 2, 3])
  func factors(_ rank: Int) throws {
    var random = RandomSource(seed: UInt64(rank))
    let (count, width) = (4, 3)
    let shape = [1, count, width]
    let prediction = MixturePrediction(
      logits: .normal([1, count], dtype: .float64, using: &random),
      means: Tensor.normal(shape, dtype: .float64, using: &random) * 2,
      logScales: .full(shape, log(0.5), dtype: .float64),
      factors: .normal([1, count, rank, width], dtype: .float64, using: &random))
    let modes = prediction.modes(limit: 10)[0]
    #expect(modes.count >= 2)
    #expect(abs(modes.reduce(0) { $0 + $1.weight } - 1) < 1e-9)
    try Self.expectMaxima(prediction)
  }

  /// Factors a thousand times longer than σ.
  @Test func longFactors() throws {
    let prediction = Self.mixture(
      [0.6, 0.4], [[0, 0], [1, 1]], scale: 0.01,
      factors: Tensor([10.0, 0, 0, 10], shape: [1, 2, 1, 2]))
    let modes = prediction.modes(limit: 5)[0]
    #expect(abs(modes.reduce(0) { $0 + $1.weight } - 1) < 1e-9)
    for mode in modes {
      let place = mode.location.reshaped([1, 2])
      for aside in [[0.001, 0.0], [-0.001, 0], [0, 0.001], [0, -0.001]] {
        let near = prediction.logDensity(of: place + Tensor(aside, shape: [1, 2])).item()
        #expect(near <= mode.logDensity + 1e-6)
      }
    }
  }

  /// Modes of the vector are products of the coordinates' modes, best first.
  @Test func coordinatesMultiply() throws {
    // Coordinate 0: −5 and 5 with 0.7, 0.3; coordinate 1: 0 alone; coordinate 2: 1, 20, 40 with
    // 0.5, 0.2, 0.3.
    let weights = [0.7, 0.5, 0.5, 0.3, 0.25, 0.2, 1e-12, 0.25, 0.3]
    let means = [-5.0, 0, 1, 5, 0, 20, 5, 0, 40]
    let prediction = MixturePrediction(
      logits: Tensor(weights.map { log($0) }, shape: [1, 3, 3]),
      means: Tensor(means, shape: [1, 3, 3]), logScales: .zeros([1, 3, 3], dtype: .float64))
    let modes = prediction.modes(limit: 10)[0]
    expectClose(modes.map(\.weight), [0.35, 0.21, 0.15, 0.14, 0.09, 0.06], relative: 1e-9)
    expectClose(
      modes.flatMap { $0.location.doubles() },
      [-5, 0, 1, -5, 0, 40, 5, 0, 1, -5, 0, 20, 5, 0, 40, 5, 0, 20], absolute: 1e-4, relative: 0)
    #expect(prediction.modes(limit: 4)[0].map(\.weight) == modes.prefix(4).map(\.weight))
    try Self.expectMaxima(prediction)
  }

  /// In many dimensions: as many products as asked for, in order, without enumerating 2¹⁰⁰ of them.
  @Test func manyCoordinates() {
    var random = RandomSource(seed: 21)
    let width = 100
    let logits = Tensor.normal([2, 2, width], dtype: .float64, using: &random)
    let means = Tensor([-4.0, 4], shape: [1, 2, 1]).broadcast(to: [2, 2, width])
    let prediction = MixturePrediction(
      logits: logits, means: means, logScales: .zeros([2, 2, width], dtype: .float64))
    for (row, modes) in prediction.modes(limit: 5).enumerated() {
      #expect(modes.count == 5)
      #expect(zip(modes, modes.dropFirst()).allSatisfy { $0.weight >= $1.weight })
      // The heaviest takes the heavier side everywhere; the next gives way where it costs least.
      let weights = prediction.weights.slice(axis: 0, row..<row + 1).doubles()
      let best = (0..<width).reduce(1.0) { $0 * max(weights[$1], weights[width + $1]) }
      let ratios = (0..<width).map {
        min(weights[$0], weights[width + $0]) / max(weights[$0], weights[width + $0])
      }
      #expect(abs(modes[0].weight / best - 1) < 1e-9)
      #expect(abs(modes[1].weight / (best * (ratios.max() ?? 0)) - 1) < 1e-9)
    }
  }

  /// Rows of which some are not numbers still give the others' modes.
  @Test func rowsThatAreNotNumbers() {
    let prediction = MixturePrediction(
      logits: .zeros([2, 1], dtype: .float64), means: Tensor([.nan, 1], shape: [2, 1, 1]),
      logScales: .zeros([2, 1, 1], dtype: .float64))
    let modes = prediction.modes(limit: 3)
    #expect(modes[0].isEmpty && modes[1].count == 1)
  }
}
