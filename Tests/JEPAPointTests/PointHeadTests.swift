import JEPADensity
import JEPAPoint
import JEPATensor
import TestSupport
import Testing

@Suite struct PointHeadTests {
  private static func head(_ beta: Double = 1) -> PointHead {
    var random = RandomSource(seed: 3)
    var head = PointHead(
      contextDimensions: 6, targetDimensions: 4, beta: beta, dtype: .float64, using: &random)
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
    #expect(head.beta == 1)
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

  @Test func samplesAndMeanAreThePoint() {
    let prediction = Self.head()(Self.context())
    var random = RandomSource(seed: 8)
    let samples = prediction.sample(3, using: &random)
    #expect(samples.shape == [3, 5, 4])
    for draw in 0..<3 {
      expectSameBits(
        samples.slice(axis: 0, draw..<draw + 1).reshaped([5, 4]), prediction.location)
    }
    #expect(prediction.sample(0, using: &random).shape == [0, 5, 4])
    expectSameBits(prediction.mean(using: &random), prediction.location)
    #expect(random == RandomSource(seed: 8), "nothing is drawn")
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
