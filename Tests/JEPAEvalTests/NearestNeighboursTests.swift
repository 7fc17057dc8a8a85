import JEPAEval
import JEPATensor
import Testing

@Suite struct NearestNeighboursTests {
  @Test func ordersByAngleNotByLength() {
    let features = Tensor([1, 0, 0, 10, 3, 3.1, -1, 0], shape: [4, 2], dtype: .float32)
    let queries = Tensor([2, 0.1, 0, 0.5], shape: [2, 2], dtype: .float32)
    let found = NearestNeighbours.rows(nearestTo: queries, in: features, count: 3)
    #expect(found == [[0, 2, 1], [1, 2, 0]])
  }

  @Test func equalSimilaritiesKeepTheRowsOrder() {
    let features = Tensor([1, 0, 2, 0, 0, 1], shape: [3, 2], dtype: .float32)
    let queries = Tensor([1, 0], shape: [1, 2], dtype: .float32)
    #expect(NearestNeighbours.rows(nearestTo: queries, in: features, count: 9) == [[0, 1, 2]])
  }

  @Test func aZeroRowIsNearToNothing() {
    let features = Tensor([0, 0, 1, 1], shape: [2, 2], dtype: .float32)
    let queries = Tensor([1, 0], shape: [1, 2], dtype: .float32)
    #expect(NearestNeighbours.rows(nearestTo: queries, in: features, count: 1) == [[1]])
  }
}
