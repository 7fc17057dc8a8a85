import JEPADensity
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct MixtureSamplingTests {
  private static func context(_ rows: Int) -> Tensor {
    var random = RandomSource(seed: 4)
    return .normal([rows, 4], dtype: .float64, using: &random)
  }

  /// Means and covariances of draws against the closed forms: covariance between coordinates too, which
  /// for factors is Σₖ πₖ (Uₖ Uₖᵀ + μₖ μₖᵀ) − E Eᵀ off the diagonal.
  @Test(arguments: MixtureCase.allCases)
  func moments(_ kind: MixtureCase) {
    let prediction = kind.trainedHead(target: 3)(Self.context(2))
    var random = RandomSource(seed: 12)
    let count = 40_000
    let samples = prediction.sample(count, using: &random)
    #expect(samples.shape == [count, 2, 3])
    let (mean, variance) = (prediction.mean, prediction.variance)
    let sampleMean = samples.mean(axis: 0)
    let error = (variance / Double(count)).squareRoot().doubles()
    for (i, (a, b)) in zip(sampleMean.doubles(), mean.doubles()).enumerated() {
      #expect(abs(a - b) < 5 * error[i], "mean \(i): \(a), expected \(b)")
    }
    expectClose(samples.variance(axis: 0), variance, relative: 0.06, "variance")

    let centred = samples - sampleMean
    let products = centred.slice(axis: 2, 0..<2) * centred.slice(axis: 2, 1..<3)
    let covariance = products.mean(axis: 0).doubles()
    let expected = Self.neighbouringCovariance(prediction)
    let spread = (products.variance(axis: 0) / Double(count)).squareRoot().doubles()
    for i in expected.indices {
      #expect(
        abs(covariance[i] - expected[i]) < 5 * spread[i],
        "covariance \(i): \(covariance[i]), expected \(expected[i])")
    }
  }

  /// Of coordinates (0, 1) and (1, 2) of each row: [N, 2].
  private static func neighbouringCovariance(_ prediction: MixturePrediction) -> [Double] {
    let rows = prediction.means.shape[0]
    guard prediction.kind == .vector else { return [Double](repeating: 0, count: rows * 2) }
    func neighbours(_ x: Tensor) -> Tensor {
      x.slice(axis: -1, 0..<2) * x.slice(axis: -1, 1..<3)
    }
    var within = neighbours(prediction.means)
    if let factors = prediction.factors { within = within + neighbours(factors).sum(axis: 2) }
    let second = (prediction.weights.expanded(axis: 2) * within).sum(axis: 1)
    return (second - neighbours(prediction.mean)).doubles()
  }

  /// Each component is drawn as often as its weight says, in every row and coordinate.
  @Test(arguments: MixtureCase.allCases)
  func componentFrequencies(_ kind: MixtureCase) {
    let shape = kind == .coordinate ? [2, 3, 2] : [2, 3]
    var random = RandomSource(seed: 13)
    let logits = Tensor.normal(shape, dtype: .float64, using: &random)
    // Components around 0, 100 and 200, which no draw can mistake.
    let places = Tensor([0.0, 100, 200], shape: [1, 3, 1]).broadcast(to: [2, 3, 2])
    let prediction = MixturePrediction(
      logits: logits, means: places, logScales: .zeros([2, 3, 2], dtype: .float64),
      factors: kind == .lowRank ? .ones([2, 3, 1, 2], dtype: .float64) : nil)
    let count = 20_000
    let samples = prediction.sample(count, using: &random)
    let chosen = (samples / 100 + 0.5).floor()
    let weights = prediction.weights
    for k in 0..<3 {
      let share = (chosen .== Tensor(Double(k), dtype: .float64)).mean(axis: 0)  // [2, 2]
      let expected =
        kind == .coordinate
        ? weights.slice(axis: 1, k..<k + 1).reshaped([2, 2])
        : weights.slice(axis: 1, k..<k + 1).broadcast(to: [2, 2])
      expectClose(share, expected, absolute: 0.016, relative: 0, "component \(k)")
    }
  }

  /// A component of weight 0 is never drawn.
  @Test(arguments: MixtureCase.allCases)
  func impossibleComponents(_ kind: MixtureCase) {
    let coordinate = kind == .coordinate
    let prediction = MixturePrediction(
      logits: Tensor([-2000.0, 0, -2000], shape: coordinate ? [1, 3, 1] : [1, 3]),
      means: Tensor([50.0, 0, 50], shape: [1, 3, 1]),
      logScales: .zeros([1, 3, 1], dtype: .float64))
    var random = RandomSource(seed: 14)
    let samples = prediction.sample(5_000, using: &random).doubles()
    #expect(samples.allSatisfy { $0 < 20 })
  }

  /// More draws than one block holds, at any number of threads.
  @Test(arguments: MixtureCase.allCases)
  func threadsChangeNothing(_ kind: MixtureCase) {
    let prediction = kind.trainedHead(target: 40, dtype: .float32)(
      Self.context(30).cast(to: .float32))
    func draw(_ threads: Int) -> Tensor {
      var random = RandomSource(seed: 15)
      return Parallelism.withThreads(threads) { prediction.sample(200, using: &random) }
    }
    let once = draw(1)
    expectSameBits(draw(2), once)
    expectSameBits(draw(5), once)
    var random = RandomSource(seed: 15)
    let first = prediction.sample(1, using: &random)
    let second = prediction.sample(1, using: &random)
    #expect(first.doubles() != second.doubles())
  }
}
