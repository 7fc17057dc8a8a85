import Foundation
import JEPA

/// The fields of a CSV file, line by line, under the names of their columns, and the errors that name a place in it.
struct CSVRecords {
  /// The most bytes of a file, 1 GiB. Reading takes up to 20 times as much memory, where each field is a single character.
  static let maximumLength = 1 << 30

  let path: String
  /// The columns' names.
  let header: [String]
  /// The records under the header, each with as many fields as the header has names.
  let body: [CSVFields.Record]
  let fields: CSVFields
  /// What was left out, and what looks like a mistake: one line each.
  let notices: [String]

  /// - Throws: ``TableError``.
  init(
    contentsOf path: String, delimiter: Character, header: Table.Header = .automatic
  ) throws {
    let data: [UInt8]
    do {
      data = try FileError.contents(of: path, limit: Self.maximumLength)
    } catch let error as FileError where error.reason.hasPrefix("it has more") {
      throw TableError(path, error.reason + "; split the table")
    } catch {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      throw TableError(
        path,
        exists
          ? isFolder.boolValue
            ? "is a folder; name a CSV file" : "cannot be read; check its permissions"
          : "No such file; check the path")
    }
    try self.init(data, path: path, delimiter: delimiter, header: header)
  }

  /// - Throws: ``TableError``.
  init(
    _ data: [UInt8], path: String, delimiter: Character, header: Table.Header = .automatic
  ) throws {
    var parser = try CSVParser(data, path: path, delimiter: delimiter)
    var layout = try CSVLayout(path: path, delimiter: delimiter, lines: &parser)
    try layout.findNames(header)
    try layout.cutTrailingDelimiters()
    try layout.leaveOutIndex()
    try layout.checkNames()
    self.path = path
    self.fields = layout.fields
    self.header = layout.names
    body = layout.body
    notices = layout.notices
  }

  func index(of name: String, option: String) throws -> Int {
    if let index = header.firstIndex(of: name) { return index }
    throw TableError.noColumn(path, name, header, option: option)
  }

  /// A cell as a finite number.
  func number(_ record: CSVFields.Record, _ index: Int) throws -> Double {
    if let value = fields.number(record, index) { return value }
    throw refusal(of: fields.trimmed(record, index), line: record.line, column: header[index])
  }

  /// Why a cell is no finite number.
  private func refusal(of trimmed: String, line: Int, column: String) -> TableError {
    if Self.missing.contains(trimmed.lowercased()) {
      return TableError(
        path, line: line, column: column,
        "has a missing cell\(trimmed.isEmpty ? "" : " (\(trimmed))"); fill it, remove the line, or "
          + "--drop the column")
    }
    if let value = Double(trimmed), !value.isFinite {
      return TableError(
        path, line: line, column: column,
        "holds \(trimmed); remove the line, or --drop the column")
    }
    let shown = trimmed.count > 40 ? trimmed.prefix(40) + "…" : trimmed[...]
    let hint =
      Double(trimmed) != nil
      ? "; it is hexadecimal: write it in decimals, or --drop the column"
      : Double(decimal: trimmed.replacing(",", with: ".")) != nil
        ? "; write decimals with a point"
        : "; encode it as a number, or --drop the column"
    return TableError(
      path, line: line, column: column, "holds \"\(shown)\", not a number\(hint)")
  }

  /// What programs write where there is no value, in lower case.
  private static let missing: Set = [
    "", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none", "nil", "?", ".", "-",
    "--",
  ]
}

extension Double {
  /// A finite number in decimal notation; unlike `Double("0x1F")` never one in hexadecimal.
  init?(decimal text: some StringProtocol) {
    guard
      text.utf8.allSatisfy({
        (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
      }), let value = Double(text), value.isFinite
    else { return nil }
    self = value
  }
}
