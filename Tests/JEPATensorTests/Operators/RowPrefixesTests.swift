import JEPATensor
import JEPATestSupport
import Testing

@Suite struct RowPrefixesTests {
  @Test func byHand() {
    let x = Tensor([1.0, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3])
    let y = x.gatherRowPrefixes([2, 0], lengths: [1, 5], width: 2)
    #expect(y.shape == [2, 2])
    #expect(y.doubles() == [7, 0, 1, 2])
    #expect(x.rowPrefixes(lengths: [0, 1, 3]).doubles() == [0, 0, 0, 4, 0, 0, 7, 8, 9])
  }

  @Test(arguments: DType.allCases)
  func allTypes(_ dtype: DType) {
    let x = Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3], dtype: dtype)
    let y = x.gatherRowPrefixes([1, 0], lengths: [2, 3], width: 3)
    #expect(y.dtype == dtype)
    #expect(y.doubles() == [4, 5, 0, 1, 2, 3])
  }

  @Test func gradients() {
    var random = RandomSource(seed: 2)
    let x = Tensor.normal([5, 7], dtype: .float64, using: &random)
    gradientCheck(at: [x]) {
      $0[0].gatherRowPrefixes([4, 1, 2], lengths: [7, 0, 3], width: 5).square()
    }
  }

  @Test func nothing() {
    let x = Tensor.ones([3, 0])
    #expect(x.rowPrefixes(lengths: [0, 1, 2]).shape == [3, 0])
    #expect(Tensor.ones([0, 4]).rowPrefixes(lengths: []).shape == [0, 4])
    #expect(Tensor.ones([2, 4]).gatherRowPrefixes([], lengths: [], width: 3).shape == [0, 3])
  }
}
