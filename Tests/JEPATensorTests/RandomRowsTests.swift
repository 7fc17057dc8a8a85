import JEPATensor
import JEPATestSupport
import Testing

@Suite struct RandomRowsTests {
  private static let source = RandomSource(seed: 4)

  /// Rows 3 … 6 of ten draw what they draw when they are alone.
  @Test func rowsDrawTheSameWhoeverStandsBesideThem() {
    var all = RandomRows(count: 10, from: Self.source)
    var some = RandomRows((3..<7).map { Self.source.split($0) }, shared: Self.source)
    for dtype in [DType.float32, .float64] {
      let (a, b) = (all.normal([10, 3, 5], dtype: dtype), some.normal([4, 3, 5], dtype: dtype))
      expectSameBits(b, a.slice(axis: 0, 3..<7), "\(dtype)")
    }
    #expect(Array(all.uniform()[3..<7]) == some.uniform())
  }

  @Test func everyDrawIsAnother() {
    var rows = RandomRows(count: 50, from: Self.source)
    let draws = [
      rows.uniform(), rows.uniform(), rows.split("a").firstDraws, rows.split("b").firstDraws,
    ]
    #expect(Set(draws.flatMap { $0 }).count == 200)
    let (a, b) = (rows.normal([50, 4]), rows.normal([50, 4]))
    #expect(Set(a.doubles() + b.doubles()).count == 400)
  }

  /// Means and variances over rows and within them; four standard errors.
  @Test func drawsAreStandardNormal() {
    var rows = RandomRows(count: 4000, from: Self.source)
    let draws = rows.normal([4000, 10], dtype: .float64).doubles()
    let mean = draws.reduce(0, +) / 40000
    let variance = draws.reduce(0) { $0 + $1 * $1 } / 40000
    #expect(abs(mean) < 4 / 200)
    #expect(abs(variance - 1) < 4 * (2 / 40000.0).squareRoot())
    let firsts = stride(from: 0, to: 40000, by: 10).map { draws[$0] }
    #expect(abs(firsts.reduce(0, +) / 4000) < 4 / 4000.0.squareRoot())
  }

  @Test func noRows() {
    var rows = RandomRows(count: 0, from: Self.source)
    #expect(rows.normal([0, 3]).shape == [0, 3] && rows.uniform().isEmpty)
  }
}

extension RandomRows {
  fileprivate var firstDraws: [Double] {
    var copy = self
    return copy.uniform()
  }
}
