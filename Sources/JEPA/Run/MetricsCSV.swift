import Foundation
import JEPATensor

/// `metrics.csv`: one row per logged step. A header may get further columns, and loses none.
///
/// The first column is `step`. Each row reaches the file as soon as it is appended.
public struct MetricsCSV: Sendable {
  /// The file.
  public var path: String { file.path }
  /// The header.
  public let columns: [String]
  /// What was wrong with the file of a resumed run, one line.
  public let notice: String?
  private let file: AppendOnlyFile
  /// The steps of the rows.
  private let steps: Steps

  private final class Steps: Sendable {
    let all: Lock<[Int]>
    init(_ steps: [Int]) { all = Lock(steps) }
  }

  /// Opens the file for appending.
  ///
  /// - Parameters:
  ///   - columns: the header; the first must be `step`. A file with further columns keeps them.
  ///   - resumedStep: the last step that the resumed run keeps; later rows, and those that are not whole,
  ///     are removed. `nil` starts an empty file.
  /// - Throws: `FileError` where the file cannot be written, or holds other columns.
  public init(path: String, columns: [String], resumedStep: Int? = nil) throws {
    require(
      columns.first == "step" && Set(columns).count == columns.count
        && !columns.contains { $0.isEmpty || $0.contains { ",\"\r\n".contains($0) } },
      "MetricsCSV: columns must start with step, differ, and hold no comma or quote: \(columns)")
    var columns = columns
    var lines = [columns.joined(separator: ",")]
    if let resumedStep, access(path, F_OK) == 0 {
      let contents = try FileError.contents(of: path)
      if let header = MetricsRows(contents, columns: 0).header, header.hasPrefix(lines[0] + ",") {
        let all = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if Set(all).count == all.count, !all.contains("") { (columns, lines) = (all, [header]) }
      }
      let found = MetricsRows(contents, columns: columns.count)
      if let header = found.header, header != lines[0] {
        throw FileError(
          path: path, action: "resume",
          reason: "its columns are \(header), where this run writes \(lines[0]); "
            + "move the file away, or resume with the version and settings that wrote it")
      }
      let kept = found.rows.filter { $0.step <= resumedStep }
      lines += kept.map(\.line)
      steps = Steps(kept.map(\.step))
      notice = found.notice(of: path)
    } else {
      steps = Steps([])
      notice = nil
    }
    self.columns = columns
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    file = try AppendOnlyFile(existing: path)
  }

  /// Appends a row; columns without a value stay empty. Numbers are written so that they read back
  /// exactly.
  /// - Throws: `FileError`, as for a full disk.
  public func append(step: Int, _ values: [String: Double]) throws {
    for key in values.keys.sorted() {
      require(
        key != "step" && columns.contains(key), "MetricsCSV: no column \(key) in \(columns)")
    }
    let cells = columns.map { column -> String in
      if column == "step" { return String(step) }
      guard let value = values[column] else { return "" }
      if let integer = Int(exactly: value) { return String(integer) }
      return value.description
    }
    try file.append(Array((cells.joined(separator: ",") + "\n").utf8))
    steps.all.withLock { $0.append(step) }
  }

  /// The file with further columns, which are empty in the rows so far. This value is not to be used any more.
  /// - Throws: `FileError`.
  func adding(_ names: [String]) throws -> MetricsCSV {
    let found = MetricsRows(try FileError.contents(of: path), columns: columns.count)
    let cells = String(repeating: ",", count: names.count)
    let lines = [(columns + names).joined(separator: ",")] + found.rows.map { $0.line + cells }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    return try MetricsCSV(path: path, columns: columns + names, resumedStep: .max)
  }

  /// Brings the rows to the disk.
  /// - Throws: `FileError`.
  public func sync() throws { try file.sync() }

  /// The whole rows of a step, whatever else the file may hold by now.
  func rows(step: Int) throws -> [[String: Double]] {
    let found = MetricsRows(try FileError.contents(of: path), columns: columns.count)
    return found.rows.filter { $0.step == step }.map { line, _ in
      let cells = ArraySlice(line.utf8).split(
        separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      return Dictionary(
        uniqueKeysWithValues: zip(columns, cells).compactMap { column, cell in
          MetricsRows.number(cell).map { (column, $0) }
        })
    }
  }

  /// How many rows there are before a step, and of that step.
  func rowCounts(step: Int) -> (before: Int, at: Int) {
    steps.all.withLock { steps in
      (steps.count { $0 < step }, steps.count { $0 == step })
    }
  }

  /// Reads a file back: one dictionary per row, without its empty cells.
  /// - Throws: `FileError` where the file cannot be read or a cell is no number.
  public static func rows(of path: String) throws -> [[String: Double]] {
    let lines = MetricsRows.lines(of: try FileError.contents(of: path)).dropLast()
    let columns =
      lines.first?.split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
      ?? []
    return try lines.dropFirst().enumerated().map { index, line in
      let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      func refusal(_ reason: String) -> FileError {
        FileError(path: path, action: "read", reason: "line \(index + 2) \(reason)")
      }
      guard cells.count == columns.count else {
        throw refusal("holds \(cells.count) cells under \(columns.count) columns")
      }
      var row: [String: Double] = [:]
      for (column, cell) in zip(columns, cells) where !cell.isEmpty {
        guard let value = MetricsRows.number(cell) else {
          throw refusal("holds \"\(String(decoding: cell, as: UTF8.self))\", not a number")
        }
        row[column] = value
      }
      return row
    }
  }
}
