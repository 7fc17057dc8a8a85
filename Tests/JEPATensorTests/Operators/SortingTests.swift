import JEPATensor
import JEPATestSupport
import Testing

@Suite struct SortingTests {
  private static let x = Tensor([3, -1, 2, 2, 0, 5, 5, -7], shape: [2, 4])

  @Test func orderOfEachRow() {
    let up = Self.x.sorted()
    #expect(up.values.doubles() == [-1, 2, 2, 3, -7, 0, 5, 5] && up.values.shape == [2, 4])
    #expect(up.indices == [1, 2, 3, 0, 3, 0, 1, 2])
    let down = Self.x.sorted(descending: true)
    #expect(down.values.doubles() == [3, 2, 2, -1, 5, 5, 0, -7])
    #expect(down.indices == [0, 2, 3, 1, 1, 2, 0, 3])
    let top = Self.x.topK(2)
    #expect(top.values.doubles() == [3, 2, 5, 5] && top.indices == [0, 2, 1, 2])
    #expect(Self.x.topK(0).values.shape == [2, 0])
  }

  /// A naive twin over random rows, NaN among them.
  @Test func asSwiftSorts() {
    var random = RandomSource(seed: 8)
    let values = (0..<60).map { _ in random.normal().rounded() }
    let rows = (0..<6).map { Array(values[$0 * 10..<$0 * 10 + 10]) }
    let found = Tensor(values, shape: [6, 10]).sorted().values.doubles()
    #expect(found == rows.flatMap { $0.sorted() })
    let withNaN = Tensor([Double.nan, 1, 0], shape: [3])
    #expect(withNaN.sorted().indices == [2, 1, 0] && withNaN.topK(1).indices == [1])
  }

  @Test func gradientsGoBack() {
    var random = RandomSource(seed: 9)
    let x = Tensor.normal([3, 5], dtype: .float64, using: &random)
    gradientCheck(at: [x]) { $0[0].sorted().values }
    gradientCheck(at: [x]) { $0[0].topK(2).values.square() }
  }

  @Test func subscripts() {
    let x = Tensor((0..<24).map(Double.init), shape: [2, 3, 4])
    #expect(x[1].shape == [3, 4] && x[1].doubles() == (12..<24).map(Double.init))
    #expect(x[-1, 0, 3].item() == 15)
    let columns = x[.all, .at(1), .range(1..<3)]
    #expect(columns.shape == [2, 2] && columns.doubles() == [5, 6, 17, 18])
    #expect(x[0, .new].shape == [1, 3, 4] && x[.new, .all, .at(2)].shape == [1, 2, 4])
    gradientCheck(at: [x]) { $0[0][.all, .at(-1), .range(0..<2)] * 3 }
  }
}
