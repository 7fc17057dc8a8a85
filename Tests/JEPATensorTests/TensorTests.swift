import JEPATensor
import JEPATestSupport
import Testing

@Suite struct TensorTests {
  @Test func makersFillTheirShapes() {
    #expect(Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]).dtype == .float32)
    #expect(Tensor([1, 2] as [Double], shape: [2]).dtype == .float64)
    #expect(Tensor(2.5).shape == [] && Tensor(2.5).item() == 2.5 && Tensor(2.5).dtype == .float32)
    #expect(Tensor([1, 2], shape: [2], dtype: .bfloat16).doubles() == [1, 2])
    #expect(Tensor.range(4).floats() == [0, 1, 2, 3])
    for dtype in DType.allCases {
      #expect(Tensor.zeros([2, 2], dtype: dtype).doubles() == [0, 0, 0, 0])
      #expect(Tensor.ones([3], dtype: dtype).doubles() == [1, 1, 1])
      #expect(Tensor.full([], -1.5, dtype: dtype).item() == -1.5)
      #expect(Tensor.zeros([2, 0, 3], dtype: dtype).doubles() == [])
      #expect(Tensor.ones([3], dtype: dtype).withUnsafeBytes { $0.count } == 3 * dtype.byteSize)
    }
    #expect(Tensor.zeros([0]).count == 0 && Tensor.zeros([0]).rank == 1)
    #expect(Tensor(3.0).rank == 0 && Tensor(3.0).count == 1)
  }

  @Test func drawsFollowTheSource() {
    var random = RandomSource(seed: 1)
    var same = RandomSource(seed: 1)
    let normal = Tensor.normal([3], dtype: .float64, using: &random)
    #expect(normal.doubles() == [same.normal(), same.normal(), same.normal()])
    let uniform = Tensor.uniform([100], using: &random)
    #expect(uniform.floats().allSatisfy { $0 >= 0 && $0 <= 1 })
    let truncated = Tensor.truncatedNormal([10_000], deviation: 1, bound: 0.5, using: &random)
    #expect(truncated.floats().allSatisfy { abs($0) <= 0.5 })
    let narrow = Tensor.truncatedNormal([10_000], deviation: 0.02, dtype: .float64, using: &random)
    #expect(abs(narrow.norm() / 100 - 0.02) < 0.0006)
  }

  @Test func castingConverts() {
    let x = Tensor([1.0, -2.5, 1e300, .infinity], shape: [4])
    #expect(x.cast(to: .float32).floats() == [1, -2.5, .infinity, .infinity])
    #expect(x.cast(to: .bfloat16).doubles() == [1, -2.5, .infinity, .infinity])
    expectSameBits(x.cast(to: .float64), x)
    #expect(Tensor([.nan], shape: [1]).cast(to: .bfloat16).floats()[0].isNaN)
  }

  @Test func writingLeavesCopiesAlone() {
    let original = Tensor([1, 2, 3] as [Float], shape: [3])
    var copy = original
    let (flat, detached) = (original.reshaped([3, 1]), original.detached())
    copy.withUnsafeMutableBytes { $0.storeBytes(of: 9, as: Float.self) }
    #expect(copy.floats() == [9, 2, 3])
    for other in [original, flat, detached] { #expect(other.floats() == [1, 2, 3]) }
    let before = copy.withUnsafeBytes { $0.baseAddress }
    copy.withUnsafeMutableBytes { $0.storeBytes(of: 8, as: Float.self) }
    #expect(
      copy.withUnsafeBytes { $0.baseAddress } == before, "an unshared tensor is written in place")
  }

  @Test func filledByItsMaker() throws {
    let tensor = Tensor(shape: [2, 2], dtype: .float32) { bytes in
      #expect(bytes.count == 16)
      for i in 0..<4 { bytes.storeBytes(of: Float(i), toByteOffset: 4 * i, as: Float.self) }
    }
    #expect(tensor.floats() == [0, 1, 2, 3])
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      try Tensor(shape: [2], dtype: .float64) { _ in throw Refusal() }
    }
  }

  @Test func describesItself() {
    #expect("\(Tensor([1, 2] as [Float], shape: [1, 2]))" == "Tensor[1, 2] float32 [1.0, 2.0]")
    #expect("\(Tensor.range(9, dtype: .float64))".hasSuffix("6.0, 7.0, …]"))
    #expect("\(Tensor.zeros([0]))" == "Tensor[0] float32 []")
  }

  @Test func lowerTriangles() {
    for (rows, columns, diagonal) in [
      (3, 3, 0), (3, 4, 1), (4, 2, -1), (0, 3, 0), (3, 0, 0), (1, 1, 0),
    ] {
      let expected = Naive(shape: [rows, columns]) { $0[1] <= $0[0] + diagonal ? 1 : 0 }
      let actual = Tensor.lowerTriangle(rows, columns, diagonal: diagonal)
      #expect(actual.doubles() == expected.values && actual.shape == [rows, columns])
    }
  }

  @Test func argmaxFindsTheFirst() {
    let x = Tensor([1, 3, 3, -1, -2, -1] as [Float], shape: [2, 3])
    #expect(x.argmax() == [1, 0])
    #expect(Tensor.zeros([0, 3]).argmax() == [])
  }

  @Test func normsAndFiniteness() {
    for dtype in DType.allCases {
      #expect(Tensor([3, 4], shape: [2], dtype: dtype).norm() == 5)
      #expect(Tensor.zeros([0], dtype: dtype).norm() == 0)
      #expect(Tensor.ones([10_000], dtype: dtype).norm() == 100)
      #expect(Tensor.ones([5], dtype: dtype).isFinite && Tensor.zeros([0], dtype: dtype).isFinite)
      for bad in [Double.nan, .infinity, -.infinity] {
        var values = [Double](repeating: 1, count: 100)
        values[77] = bad
        #expect(!Tensor(values, shape: [100], dtype: dtype).isFinite)
        #expect(!Tensor(values, shape: [100], dtype: dtype).norm().isFinite)
      }
      // Large finite numbers are finite, though their sum is not.
      #expect(Tensor.full([4], dtype == .float64 ? 1e308 : 3e38, dtype: dtype).isFinite)
    }
  }
}

@Suite struct NonFiniteTests {
  @Test(arguments: DType.allCases)
  func notANumberIsNotHidden(_ dtype: DType) {
    let bad = Tensor([.nan, 1], shape: [2], dtype: dtype)
    let one = Tensor([1, .nan], shape: [2], dtype: dtype)
    #expect(Tensor.maximum(bad, one).doubles().allSatisfy { $0.isNaN })
    #expect(Tensor.minimum(bad, one).doubles().allSatisfy { $0.isNaN })
    #expect(bad.clamped(-1, 1).doubles()[0].isNaN)
    #expect(bad.relu().doubles()[0].isNaN)
    #expect(bad.max(axis: 0).item().isNaN && one.max(axis: 0).item().isNaN)
    #expect(bad.softmax().doubles().allSatisfy { $0.isNaN })
    #expect(bad.logSumExp().item().isNaN)
    #expect(bad.layerNorm(epsilon: 1e-6).doubles().allSatisfy { $0.isNaN })
    #expect(bad.smoothL1(to: Tensor.zeros([2], dtype: dtype)).doubles()[0].isNaN)
  }

  @Test(arguments: DType.allCases)
  func whatIsNotPickedDoesNotSpoil(_ dtype: DType) {
    let mask = Tensor([1, 0, -0.0], shape: [3], dtype: dtype)
    let a = Tensor([1, .nan, .infinity], shape: [3], dtype: dtype)
    let b = Tensor([.nan, 5, 6], shape: [3], dtype: dtype)
    let (value, gradients) = valueAndGradients(at: [a, b]) { Tensor.where(mask, $0[0], $0[1]) }
    #expect(value.doubles() == [1, 5, 6])
    #expect(gradients[0]?.doubles() == [1, 0, 0])
    #expect(gradients[1]?.doubles() == [0, 1, 1])
  }

  @Test(arguments: DType.allCases)
  func largeScoresDoNotOverflow(_ dtype: DType) {
    let x = Tensor([1e4, 1e4, -1e4, 0], shape: [2, 2], dtype: dtype)
    #expect(x.softmax().doubles() == [0.5, 0.5, 0, 1])
    expectClose(
      x.logSumExp().doubles(), [x.doubles()[0] + 0.6931, 0], absolute: 1e-3,
      relative: dtype == .bfloat16 ? 4e-3 : 1e-6)
    let empty = Tensor([-.infinity, -.infinity, 1, -.infinity], shape: [2, 2], dtype: dtype)
    #expect(empty.logSumExp().doubles() == [-.infinity, 1])
    #expect(Tensor([.infinity, 0], shape: [2], dtype: dtype).logSumExp().item() == .infinity)
  }

  @Test func attentionSurvivesLargeScores() {
    // Scores of ±1e4: the softmax is one-hot on each token's best match.
    var random = RandomSource(seed: 3)
    let qkv = Tensor.normal([9, 3 * 16], dtype: .float64, using: &random) * 100.0
    let expected = Naive.attention(qkv: Naive(qkv), offsets: [0, 9], heads: 2).tensor
    expectClose(attention(qkv: qkv, offsets: [0, 9], heads: 2), expected, ofLargest: 1e-12)
    expectClose(
      attention(qkv: qkv.cast(to: .float32), offsets: [0, 9], heads: 2), expected, ofLargest: 1e-3)
  }

  @Test func layerNormKeepsItsDigitsBesideALargeMean() {
    var random = RandomSource(seed: 4)
    let x = (Tensor.normal([4, 192], using: &random) + 1000.0)
    let expected = Naive(x).layerNorm(weight: nil, bias: nil, epsilon: 1e-6).tensor
    expectClose(x.layerNorm(epsilon: 1e-6), expected, ofLargest: 1e-4)
  }
}
