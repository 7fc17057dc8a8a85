import Foundation

/// Cells that no density can be fitted to, such as marks of missing values (1e20, -9999).
extension Table {
  /// Fewer rows say too little of what a column's values are like.
  private static let fewestRows = 20

  /// A line for each column whose largest or smallest value lies farther from all its other values than ten times
  /// their range: probably a mark of a missing value.
  public func suspectedFillValues() -> [String] {
    guard rows >= Self.fewestRows else { return [] }
    return columns.indices.compactMap { column in
      let sorted = (0..<rows).map { value(row: $0, column: column) }.sorted()
      guard let low = sorted.first, let high = sorted.last else { return nil }
      for (mark, rest) in [
        (high, sorted.prefix { $0 < high }), (low, sorted.drop { $0 <= low }),
      ] {
        guard let first = rest.first, let last = rest.last, last > first,
          2 * rest.count > rows
        else { continue }
        let gap = mark > last ? mark - last : first - mark
        guard gap > 10 * (last - first) else { continue }
        let row = (0..<rows).first { value(row: $0, column: column) == mark } ?? 0
        let count = rows - rest.count
        return "\(path):\(lines[row]): column \"\(columns[column])\" holds \(Self.text(mark))"
          + (count > 1 ? ", as \(count - 1) other row\(count == 2 ? " does" : "s do")" : "")
          + ", far from all its other values; if that stands for a missing value, remove the "
          + "row\(count == 1 ? "" : "s")"
      }
      return nil
    }
  }

  /// An error for a result that is not finite, which names the cell of `row` that is farthest from the mean.
  ///
  /// - Parameters:
  ///   - subject: what is not finite, such as "the log-likelihood of this row".
  ///   - data: the fold's means and standard deviations.
  public func notFinite(_ subject: String, row: Int, data: FoldData) -> TableError {
    let column = farthestColumn(of: row, data: data)
    return TableError(
      path, line: lines[row], column: columns[column],
      "holds \(Self.text(value(row: row, column: column))), "
        + "\(Self.text(distance(row: row, column: column, data))) standard deviations from the mean, "
        + "and \(subject) is not finite; if the value stands for a missing one, remove the row, else "
        + "rescale or --drop the column")
  }

  /// Where the cell of `row` is that is farthest from the mean, and what it holds.
  public func farthestCell(of row: Int, data: FoldData) -> String {
    let column = farthestColumn(of: row, data: data)
    return "\(path):\(lines[row]): column \"\(columns[column])\" holds "
      + Self.text(value(row: row, column: column))
  }

  /// The row among `rows` with the cell that is farthest from its column's mean.
  public func farthestRow(of rows: [Int], data: FoldData) -> Int {
    func farthest(_ row: Int) -> Double {
      distance(row: row, column: farthestColumn(of: row, data: data), data)
    }
    return rows.map { ($0, farthest($0)) }.max { $0.1 < $1.1 }?.0 ?? 0
  }

  private func farthestColumn(of row: Int, data: FoldData) -> Int {
    columns.indices.max {
      distance(row: row, column: $0, data) < distance(row: row, column: $1, data)
    } ?? 0
  }

  /// From the mean of the fold's rows that are not test rows, in their standard deviations.
  private func distance(row: Int, column: Int, _ data: FoldData) -> Double {
    abs(value(row: row, column: column) - data.means[column]) / data.deviations[column]
  }

  private static func text(_ value: Double) -> String { String(format: "%.6g", value) }
}
