import Foundation
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct MixturePredictionTests {
  /// ¼ N(−1, 0.5²) + ¾ N(2, 1²) in one dimension.
  private static func bimodal(entropyWeight: Double = 0) -> MixturePrediction {
    MixturePrediction(
      logits: Tensor([0, log(3.0)], shape: [1, 2]), means: Tensor([-1.0, 2], shape: [1, 2, 1]),
      logScales: Tensor([log(0.5), 0], shape: [1, 2, 1]), entropyWeight: entropyWeight)
  }

  private static func normal(_ y: Double, _ mean: Double, _ scale: Double) -> Double {
    exp(-0.5 * ((y - mean) / scale) * ((y - mean) / scale)) / (scale * (2 * Double.pi).squareRoot())
  }

  @Test func densityByHand() {
    for y in [-3.0, -1, 0.5, 2, 7] {
      let expected = log(0.25 * Self.normal(y, -1, 0.5) + 0.75 * Self.normal(y, 2, 1))
      let actual = Self.bimodal().logDensity(of: Tensor([y], shape: [1, 1])).item()
      #expect(abs(actual - expected) < 1e-13 * max(1, abs(expected)))
    }
  }

  /// E = ¼(−1) + ¾·2 = 1.25; E[y²] − E² = ¼(0.25 + 1) + ¾(1 + 4) − 1.5625 = 2.5.
  @Test func momentsByHand() {
    var random = RandomSource(seed: 0)
    #expect(abs(Self.bimodal().mean(using: &random).item() - 1.25) < 1e-14)
    #expect(random == RandomSource(seed: 0), "nothing is drawn")
    #expect(abs(Self.bimodal().variance.item() - 2.5) < 1e-14)
  }

  /// With Σ = I·σ² + u uᵀ, σ = 2, u = (3, 0): variances 13 and 4, and in the second coordinate the
  /// density of N(0, 4), in the first that of N(0, 13).
  @Test func lowRankByHand() {
    let prediction = MixturePrediction(
      logits: Tensor([0.0], shape: [1, 1]), means: .zeros([1, 1, 2], dtype: .float64),
      logScales: .full([1, 1, 2], log(2), dtype: .float64),
      factors: Tensor([3.0, 0], shape: [1, 1, 1, 2]))
    expectClose(prediction.variance.doubles(), [13, 4], relative: 1e-14)
    let density = prediction.logDensity(of: Tensor([1.5, -1], shape: [1, 2])).item()
    let expected = log(Self.normal(1.5, 0, 13.0.squareRoot())) + log(Self.normal(-1, 0, 2))
    #expect(abs(density - expected) < 1e-13)
  }

  /// Two coordinates, each with its own weights: log-densities add.
  @Test func coordinatesByHand() {
    let prediction = MixturePrediction(
      logits: Tensor([0, log(4.0), log(3.0), 0], shape: [1, 2, 2]),
      means: Tensor([-1.0, 0, 2, 5], shape: [1, 2, 2]),
      logScales: Tensor([log(0.5), 0, 0, log(2.0)], shape: [1, 2, 2]))
    let density = prediction.logDensity(of: Tensor([0.3, 1.0], shape: [1, 2])).item()
    let first = 0.25 * Self.normal(0.3, -1, 0.5) + 0.75 * Self.normal(0.3, 2, 1)
    let second = 0.8 * Self.normal(1, 0, 1) + 0.2 * Self.normal(1, 5, 2)
    #expect(abs(density - log(first) - log(second)) < 1e-13)
    expectClose(prediction.mean.doubles(), [1.25, 1], relative: 1e-14)
    expectClose(
      prediction.variance.doubles(), [2.5, 0.8 * 1 + 0.2 * (4 + 25) - 1], relative: 1e-13)
  }

  /// Two rows that use one component each use two between them.
  @Test func usedComponents() {
    func prediction(_ logits: Tensor) -> MixturePrediction {
      let shape = logits.shape + (logits.rank == 2 ? [1] : [])
      return MixturePrediction(
        logits: logits, means: .zeros(shape, dtype: .float64),
        logScales: .zeros(shape, dtype: .float64))
    }
    #expect(abs(prediction(.zeros([3, 4], dtype: .float64)).usedComponents - 4) < 1e-12)
    let sharp = Tensor([800.0, 0, 0, 0, 0, 800, 0, 0], shape: [2, 4])
    #expect(abs(prediction(sharp).usedComponents - 2) < 1e-12)
    #expect(abs(prediction(sharp.slice(axis: 0, 0..<1)).usedComponents - 1) < 1e-12)
    // A coordinate with two components in use beside one with a single component: 1.5 on average.
    let coordinates = Tensor([0.0, 900, 0, 0], shape: [1, 2, 2])
    #expect(abs(prediction(coordinates).usedComponents - 1.5) < 1e-12)
  }

  /// The term is weight · (log 2 − H(¼, ¾)), added to every row.
  @Test func entropyTermByHand() {
    var random = RandomSource(seed: 0)
    let y = Tensor([0.4], shape: [1, 1])
    let plain = Self.bimodal().loss(of: y, using: &random).item()
    let regularised = Self.bimodal(entropyWeight: 0.5).loss(of: y, using: &random).item()
    let entropy = -(0.25 * log(0.25) + 0.75 * log(0.75))
    #expect(abs(regularised - plain - 0.5 * (log(2) - entropy)) < 1e-11)
    #expect(plain == -Self.bimodal().logDensity(of: y).item())
  }

  /// The term's gradient brings a component that no row uses back into use.
  @Test func entropyTermRevivesComponents() throws {
    let logits = Tensor([3.0, 0, -3], shape: [1, 3])
    let gradient = try #require(
      valueAndGradients(at: [logits]) { inputs in
        var random = RandomSource(seed: 0)
        return MixturePrediction(
          logits: inputs[0], means: .zeros([1, 3, 1], dtype: .float64),
          logScales: .zeros([1, 3, 1], dtype: .float64), entropyWeight: 1
        ).loss(of: .zeros([1, 1], dtype: .float64), using: &random)
      }.gradients[0]
    ).doubles()
    #expect(gradient[0] > 0.01 && gradient[2] < -0.01)
  }

  /// The smallest σ is the floor, and the log-scale's gradient lives on far below it.
  @Test func softFloor() throws {
    for dtype in [DType.float32, .float64] {
      let raw = Tensor([-12.0], shape: [1, 1, 1], dtype: dtype)
      func prediction(_ raw: Tensor) -> MixturePrediction {
        MixturePrediction(
          logits: .zeros([1, 1], dtype: dtype), means: .zeros([1, 1, 1], dtype: dtype),
          logScales: raw, minimumScale: 1e-3)
      }
      expectClose(prediction(raw).scales.doubles(), [1e-3 + exp(-12)], relative: 1e-6)
      let y = Tensor([0.05], shape: [1, 1], dtype: dtype)
      let gradient = try #require(
        valueAndGradients(at: [raw]) { prediction($0[0]).logDensity(of: y) }.gradients[0])
      let sigma = 1e-3 + exp(-12)
      let expected = (pow(0.05 / sigma, 2) - 1) * exp(-12) / sigma
      expectClose(gradient.doubles(), [expected], relative: 1e-4)
    }
  }
}
