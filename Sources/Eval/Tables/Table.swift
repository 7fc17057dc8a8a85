import Foundation
import JEPATensor

/// Columns of numbers with names, read from a CSV file (RFC 4180).
///
/// Every cell must be a finite number in decimals. Fields and headers may be quoted; lines may end in CR LF, LF or
/// CR, and in delimiters that nothing follows; the file may begin with a byte-order mark; blanks around numbers are
/// ignored. A first column without a name that numbers or names the rows, as pandas and R write it, is left out.
public struct Table: Sendable, Equatable {
  /// What the first line is.
  public enum Header: Sendable {
    /// The columns' names, which may not all be numbers.
    case automatic
    /// The columns' names, whatever they are.
    case present
    /// Values; the columns are called 1, 2 and so on.
    case absent
  }

  /// The file, for messages.
  public let path: String
  /// The header's names, in order.
  public let columns: [String]
  /// The rows' values, in the columns' order.
  public let values: [Double]
  /// The line of the file, from 1, on which each row starts.
  public let lines: [Int]
  /// What was left out, and what looks like a mistake in the file: one line each.
  public let notices: [String]

  public var rows: Int { lines.count }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - delimiter: the character between fields; a blank stands for runs of blanks and tabs.
  ///   - header: whether the first line names the columns.
  ///   - dropping: columns to leave out, which may hold anything: names, or lists of names separated by commas.
  /// - Throws: ``TableError`` for a file that cannot be read, ragged rows, missing cells, text, numbers
  ///   that are not finite, or no such column.
  public init(
    contentsOf path: String, delimiter: Character = ",", header: Header = .automatic,
    dropping: [String] = []
  ) throws {
    let records = try CSVRecords(contentsOf: path, delimiter: delimiter, header: header)
    let names = records.header
    let dropped = Set(
      try dropping.flatMap { try Self.indices(of: $0, in: names, path: path, option: "--drop") })
    let kept = names.indices.filter { !dropped.contains($0) }
    guard !kept.isEmpty else {
      throw TableError(path, "no column is left after --drop; keep at least one")
    }
    var values: [Double] = []
    var lines: [Int] = []
    values.reserveCapacity(records.body.count * kept.count)
    lines.reserveCapacity(records.body.count)
    for record in records.body {
      for index in kept { values.append(try records.number(record, index)) }
      lines.append(record.line)
    }
    guard !lines.isEmpty else {
      throw TableError(path, "there is a header but not a single row of numbers under it")
    }
    self.path = path
    columns = kept.map { names[$0] }
    self.values = values
    self.lines = lines
    let gone = dropped.map { "column \"\(names[$0])\" " }
    notices = records.notices.filter { notice in !gone.contains { notice.contains($0) } }
  }

  /// The position of a column.
  ///
  /// - Parameter option: the command-line option that names it, for the message.
  /// - Throws: ``TableError`` that names the nearest column.
  public func index(of name: String, option: String) throws -> Int {
    if let index = columns.firstIndex(of: name) { return index }
    throw TableError.noColumn(path, name, columns, option: option)
  }

  /// The positions of the columns in a list separated by commas, where names may hold commas themselves.
  ///
  /// - Parameter option: the command-line option that names them, for the message.
  /// - Throws: ``TableError`` for a name that is no column's.
  public func indices(of list: String, option: String) throws -> [Int] {
    try Self.indices(of: list, in: columns, path: path, option: option)
  }

  /// Takes the longest part of the list that is a column's name, from the left.
  private static func indices(
    of list: String, in names: [String], path: String, option: String
  ) throws -> [Int] {
    let parts = list.split(separator: ",", omittingEmptySubsequences: false)
    var found: [Int] = []
    var start = 0
    search: while start < parts.count {
      for end in (start + 1...parts.count).reversed() {
        let name = parts[start..<end].joined(separator: ",").trimmingBlanks
        guard let index = names.firstIndex(of: name) else { continue }
        found.append(index)
        start = end
        continue search
      }
      let name = String(parts[start]).trimmingBlanks
      if !name.isEmpty { throw TableError.noColumn(path, name, names, option: option) }
      start += 1
    }
    return found
  }

  public func value(row: Int, column: Int) -> Double { values[row * columns.count + column] }

  /// The chosen rows and columns: [rows, columns], float64.
  public func tensor(rows: [Int], columns: [Int]) -> Tensor {
    var chosen: [Double] = []
    chosen.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for column in columns { chosen.append(value(row: row, column: column)) }
    }
    return Tensor(chosen, shape: [rows.count, columns.count])
  }
}
