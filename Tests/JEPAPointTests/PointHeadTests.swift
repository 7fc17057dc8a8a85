import Foundation
import JEPADensity
import JEPAPoint
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct PointHeadTests {
  private static func head(
    _ beta: Double = 1, scale: PointOptions.Scale = .fixed(1)
  ) -> PointHead {
    var random = RandomSource(seed: 3)
    var options = PointOptions()
    options.beta = beta
    options.scale = scale
    var head = PointHead(
      contextDimensions: 6, targetDimensions: 4, options: options, dtype: .float64, using: &random)
    head.proj.weight = .normal([4, 6], dtype: .float64, using: &random)
    head.proj.bias = .normal([4], dtype: .float64, using: &random)
    return head
  }

  private static func context(_ count: Int = 5) -> Tensor {
    var random = RandomSource(seed: 4)
    return .normal([count, 6], dtype: .float64, using: &random)
  }

  @Test func namesAndShapes() {
    let named = Self.head().namedParameters()
    #expect(named.map(\.name) == ["proj.weight", "proj.bias"])
    #expect(named.map(\.tensor.shape) == [[4, 6], [4]])
    #expect(Self.head().trainedNames() == ["proj.weight", "proj.bias"])
    expectEveryTensorIsWalked(Self.head())
  }

  @Test func initialWeights() {
    var random = RandomSource(seed: 5)
    let head = PointHead(contextDimensions: 200, targetDimensions: 100, using: &random)
    #expect(head.options.beta == 1)
    #expect(head.proj.weight.dtype == .float32)
    let values = head.proj.weight.doubles()
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    #expect(abs(deviation - 0.02) < 0.0005)
    #expect(head.proj.bias?.doubles().allSatisfy { $0 == 0 } ?? false)
  }

  @Test func pointIsTheLinearMap() {
    let head = Self.head()
    let expected = Naive.linear(
      Naive(Self.context()), weight: Naive(head.proj.weight), bias: head.proj.bias.map { Naive($0) }
    )
    expectClose(
      head(Self.context()).location, expected.tensor, absolute: 1e-13, relative: 1e-13)
  }

  /// Distances 0, 0.5, 1 and 3 under β = 1 cost 0, 0.125, 0.5 and 2.5; under β = 2, 0, 0.0625, 0.25
  /// and 2.
  @Test(arguments: [(1.0, 3.125 / 4), (2.0, 2.3125 / 4)])
  func lossByHand(_ beta: Double, _ expected: Double) {
    var head = Self.head(beta)
    head.proj.weight = .zeros([4, 6], dtype: .float64)
    head.proj.bias = Tensor([1.0, 2, 3, 4], shape: [4])
    let y = Tensor([1.0, 2.5, 2, 7, 1, 2, 3, 4], shape: [2, 4])
    var random = RandomSource(seed: 0)
    let loss = head(Self.context(2)).loss(of: y, using: &random)
    #expect(loss.shape == [2])
    expectClose(loss.doubles(), [expected, 0], absolute: 1e-15, relative: 1e-14)
  }

  @Test(arguments: [0.5, 1.0, 2.0])
  func gradients(_ beta: Double) {
    let head = Self.head(beta)
    var random = RandomSource(seed: 7)
    let y = Tensor.normal([5, 4], dtype: .float64, using: &random)
    let weights = Tensor.uniform([5], dtype: .float64, using: &random)
    gradientCheck(of: head, limit: 24, "point head") { head in
      var draws = random
      return (head(Self.context()).loss(of: y, using: &draws) * weights).sum()
    }
    gradientCheck(at: [Self.context()], "point head's context") { inputs in
      var draws = random
      return head(inputs[0]).loss(of: y, using: &draws)
    }
  }

  @Test(arguments: [PointOptions.Scale.fixed(0.7), .learned])
  func laws(_ scale: PointOptions.Scale) throws {
    var options = PointOptions()
    options.scale = scale
    let head = HeadUnderTest("point, \(scale)") { [options] context, target, dtype, random in
      PointHead(
        contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
        using: &random)
    }
    for law in HeadLaw.forExactDensities {
      // A learned scale leaves the point's own gradient alone; see `learnedScale`.
      if law == .gradientsAreDerivatives && scale == .learned { continue }
      try head.expect(law)
    }
  }

  /// log N(y; μ, 2² I) for y − μ = (0, 2, −4, 0): −½(0 + 1 + 4 + 0) − 4 log 2 − 2 log 2π.
  @Test func densityByHand() {
    var head = Self.head(scale: .fixed(2))
    head.proj.weight = .zeros([4, 6], dtype: .float64)
    head.proj.bias = Tensor([1.0, 2, 3, 4], shape: [4])
    let prediction = head(Self.context(1))
    let density = prediction.logDensity(of: Tensor([1.0, 4, -1, 4], shape: [1, 4]))
    let expected = -2.5 - 4 * log(2.0) - 2 * log(2 * Double.pi)
    expectClose(density.doubles(), [expected], relative: 1e-14)
    let mode = prediction.modes(limit: 3)[0]
    #expect(mode.count == 1 && mode[0].weight == 1)
    expectClose(mode[0].location.doubles(), [1, 2, 3, 4], relative: 1e-14)
    expectClose([mode[0].logDensity], [-4 * log(2.0) - 2 * log(2 * Double.pi)], relative: 1e-14)
    #expect(prediction.modes(limit: 0).map(\.count) == [0])
  }

  /// The scale learns from residuals; the point does not feel it.
  @Test func learnedScale() {
    let (fixed, learned) = (Self.head(), Self.head(scale: .learned))
    #expect(learned.namedParameters().map(\.name) == ["proj.weight", "proj.bias", "log_scale"])
    let y = Tensor.full([5, 4], 3, dtype: .float64)
    func gradients(_ head: PointHead) -> Gradients {
      valueAndGradients(of: head) { head in
        var draws = RandomSource(seed: 0)
        return head(Self.context()).loss(of: y, using: &draws).mean()
      }.gradients
    }
    let (a, b) = (gradients(fixed), gradients(learned))
    for name in ["proj.weight", "proj.bias"] {
      if let x = a[name], let y = b[name] { expectSameBits(y, x, name) }
    }
    // d/dlogσ of the mean negative log-density a dimension, at σ = 1: 1 − mean (y − μ)².
    let residuals = (y - learned(Self.context()).location).square().mean().item()
    expectClose(b["log_scale"]?.doubles() ?? [], [1 - residuals], relative: 1e-12)
  }

  @Test func noRows() {
    var random = RandomSource(seed: 0)
    let prediction = Self.head()(.zeros([0, 6], dtype: .float64))
    #expect(
      prediction.loss(of: .zeros([0, 4], dtype: .float64), using: &random).shape == [0])
    #expect(prediction.sample(2, using: &random).shape == [2, 0, 4])
  }

  /// Predictions of bfloat16 weights come out in float32, as losses need them.
  @Test func bfloat16Weights() {
    var random = RandomSource(seed: 9)
    let exact = Self.head().cast(to: .float32)
    let context = Tensor.normal([5, 6], using: &random)
    let point = exact.matrices(in: .bfloat16)(context.cast(to: .bfloat16)).location
    #expect(point.dtype == .float32)
    expectClose(point, exact(context).location, ofLargest: 0.02)
  }
}
