import Foundation
import JEPATensor

/// Columns of numbers with names, read from a CSV file (RFC 4180).
///
/// Every cell must be a finite number. Fields and headers may be quoted, lines may end in CR LF or LF,
/// the file may begin with a byte-order mark, and blanks around numbers are let go.
public struct Table: Sendable, Equatable {
  /// The file, for messages.
  public let path: String
  /// The header's names, in order.
  public let columns: [String]
  /// The rows' values, in the columns' order.
  public let values: [Double]
  /// The line of the file, from 1, on which each row starts.
  public let lines: [Int]

  public var rows: Int { lines.count }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - delimiter: the character between fields.
  ///   - dropping: columns to leave out, which may hold anything.
  /// - Throws: ``TableError`` for a file that cannot be read, ragged rows, missing cells, text, numbers
  ///   that are not finite, or no such column.
  public init(
    contentsOf path: String, delimiter: Character = ",", dropping: [String] = []
  ) throws {
    let records = try CSVRecords(contentsOf: path, delimiter: delimiter)
    let header = try records.header()
    let dropped = try dropping.map { try records.index(of: $0, in: header, option: "--drop") }
    let kept = header.indices.filter { !dropped.contains($0) }
    guard !kept.isEmpty else {
      throw TableError(path, "no column is left after --drop; keep at least one")
    }
    var values: [Double] = []
    var lines: [Int] = []
    for record in records.body {
      guard record.fields.count == header.count else {
        throw records.ragged(record, columns: header.count)
      }
      for index in kept {
        values.append(
          try records.number(record.fields[index], line: record.line, column: header[index]))
      }
      lines.append(record.line)
    }
    guard !lines.isEmpty else {
      throw TableError(path, "there is a header but not a single row of numbers under it")
    }
    self.path = path
    columns = kept.map { header[$0] }
    self.values = values
    self.lines = lines
  }

  /// The position of a column.
  ///
  /// - Parameter option: the command-line option that names it, for the message.
  /// - Throws: ``TableError`` that names the nearest column.
  public func index(of name: String, option: String) throws -> Int {
    if let index = columns.firstIndex(of: name) { return index }
    throw TableError.noColumn(path, name, columns, option: option)
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
