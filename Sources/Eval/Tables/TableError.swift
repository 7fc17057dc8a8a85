import JEPA

/// A table or a list of folds that cannot be used: one line that names the file, the line (from 1) and
/// the column where there is one, the reason and the way out.
public struct TableError: Error, Equatable, CustomStringConvertible {
  public let description: String

  /// `path:line: column "name": reason`.
  init(_ path: String, line: Int? = nil, column: String? = nil, _ reason: String) {
    description =
      path + (line.map { ":\($0)" } ?? "") + ": " + (column.map { "column \"\($0)\" " } ?? "")
      + reason
  }

  static func noColumn(
    _ path: String, _ name: String, _ columns: [String], option: String
  ) -> TableError {
    let best = nearest(to: name, among: columns)
    return TableError(
      path,
      "has no column \"\(name)\" for \(option)"
        + (best.map { "; the nearest is \"\($0)\"" } ?? ""))
  }
}
