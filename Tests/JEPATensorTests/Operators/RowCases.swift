import JEPATensor
import JEPATestSupport

extension OperatorCase {
  private static let gathers: [(shape: [Int], rows: [Int])] = [
    ([5], [4, 0, 4]), ([5, 3], [1]), ([5, 3], [4, 4, 0, 2]), ([5, 3], []), ([1, 1], [0, 0]),
    ([5, 0], [1, 2]), ([3, 2, 5], [2, 2, 1, 0]), ([65, 63], (0..<600).map { $0 * 7 % 65 }),
  ]
  private static let columns: [(shape: [Int], columns: [Int])] = [
    ([1, 1], [0]), ([3, 5], [4, 0, 4]), ([0, 3], []), ([17, 65], Array(10..<27)),
  ]

  static let rows: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (shape, rows) in gathers {
      cases.append(
        OperatorCase(
          "gatherRows \(rows.prefix(4))", [shape], { $0[0].gatherRows(rows) },
          naive: { $0[0].gatherRows(rows) }))
      cases.append(
        OperatorCase(
          "scatterAddedRows \(rows.prefix(4))", [[rows.count] + shape.dropFirst()],
          { $0[0].scatterAddedRows(rows.map(Int32.init), count: shape[0]) },
          naive: { $0[0].scatterAddedRows(rows, count: shape[0]) }))
    }
    for (shape, columns) in columns {
      cases.append(
        OperatorCase(
          "gatherColumns", [shape], { $0[0].gatherColumns(columns) },
          naive: { $0[0].gatherColumns(columns) }))
    }
    return cases
  }()
}
