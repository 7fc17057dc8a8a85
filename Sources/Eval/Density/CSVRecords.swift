import Foundation
import JEPA

/// The fields of a CSV file, line by line, and the errors that name a place in it.
struct CSVRecords {
  struct Record {
    /// From 1; the one it starts on.
    let line: Int
    let fields: [String]
  }

  /// The most bytes of a file, 1 GiB. Its fields take up to 20 times as much memory, where each is a single
  /// character.
  static let maximumLength = 1 << 30

  let path: String
  let delimiter: Character
  private let records: [Record]

  /// - Throws: ``TableError``.
  init(contentsOf path: String, delimiter: Character) throws {
    let data: Data
    do {
      data = Data(try FileError.contents(of: path, limit: Self.maximumLength))
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
    try self.init(data, path: path, delimiter: delimiter)
  }

  /// - Throws: ``TableError``.
  init(_ data: Data, path: String, delimiter: Character) throws {
    guard let separator = delimiter.asciiValue, !"\"\r\n".contains(delimiter) else {
      throw TableError(path, "cannot be split at \"\(delimiter)\"; use a character such as , or ;")
    }
    self.path = path
    self.delimiter = delimiter
    let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
    records = try Self.parse(Array(bytes), path: path, separator: separator)
  }

  /// Every record but the first.
  var body: ArraySlice<Record> { records.dropFirst() }

  /// The first record, checked as the names of columns.
  func header() throws -> [String] {
    guard let first = records.first else {
      throw TableError(path, "is empty; the first line must name the columns")
    }
    let names = first.fields.map { $0.trimmingBlanks }
    var seen = Set<String>()
    for (index, name) in names.enumerated() {
      if name.isEmpty {
        throw TableError(path, line: first.line, "column \(index + 1) has no name in the header")
      }
      if !seen.insert(name).inserted {
        throw TableError(path, line: first.line, column: name, "is named twice in the header")
      }
    }
    if names.count == 1, names[0].contains(where: { ";,\t|".contains($0) }) {
      throw TableError(
        path, line: first.line,
        "the header is the single field \"\(names[0])\"; is the delimiter really \"\(delimiter)\"? "
          + "give another with --delimiter")
    }
    if names.allSatisfy({ Double($0) != nil }) {
      throw TableError(
        path, line: first.line, "the first line holds numbers only; put the columns' names there")
    }
    return names
  }

  func index(of name: String, in header: [String], option: String) throws -> Int {
    if let index = header.firstIndex(of: name) { return index }
    throw TableError.noColumn(path, name, header, option: option)
  }

  func ragged(_ record: Record, columns: Int) -> TableError {
    let fields = record.fields.count
    return TableError(
      path, line: record.line,
      "\(fields) field\(fields == 1 ? "" : "s") under \(columns) column\(columns == 1 ? "" : "s"); "
        + "complete or remove the line")
  }

  /// A cell as a finite number.
  func number(_ text: String, line: Int, column: String) throws -> Double {
    let trimmed = text.trimmingBlanks
    let missing = ["", "na", "n/a", "nan", "null", "none", "?"]
    if missing.contains(trimmed.lowercased()) {
      throw TableError(
        path, line: line, column: column,
        "has a missing cell\(trimmed.isEmpty ? "" : " (\(trimmed))"); fill it, remove the line, or "
          + "--drop the column")
    }
    guard let value = Double(trimmed) else {
      let shown = trimmed.count > 40 ? trimmed.prefix(40) + "…" : trimmed[...]
      let hint =
        Double(trimmed.replacing(",", with: ".")) != nil
        ? "; write decimals with a point"
        : "; encode it as a number, or --drop the column"
      throw TableError(
        path, line: line, column: column, "holds \"\(shown)\", not a number\(hint)")
    }
    guard value.isFinite else {
      throw TableError(
        path, line: line, column: column,
        "holds \(trimmed); remove the line, or --drop the column")
    }
    return value
  }

  /// RFC 4180. Lines that are empty are passed over, as many programs write one at the end.
  private static func parse(_ bytes: [UInt8], path: String, separator: UInt8) throws -> [Record] {
    let (quote, newline, carriage) = (
      UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")
    )
    var records: [Record] = []
    var position = 0
    var line = 1
    func text(_ field: [UInt8], line: Int) throws -> String {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw TableError(path, line: line, "is not UTF-8 text; save the file as UTF-8")
      }
      return text
    }
    while position < bytes.count {
      let start = line
      var fields: [String] = []
      var field: [UInt8] = []
      var quoted = false
      reading: while true {
        if position < bytes.count, bytes[position] == quote, field.isEmpty, !quoted {
          quoted = true
          position += 1
          while true {
            guard position < bytes.count else {
              throw TableError(
                path, line: start, "a quote that opens here never closes; close or remove it")
            }
            if bytes[position] == quote {
              position += 1
              guard position < bytes.count, bytes[position] == quote else { break }
            } else if bytes[position] == newline {
              line += 1
            }
            field.append(bytes[position])
            position += 1
          }
          continue
        }
        let byte = position < bytes.count ? bytes[position] : newline
        position += 1
        switch byte {
        case separator:
          fields.append(try text(field, line: start))
          field = []
          quoted = false
        case newline:
          break reading
        case carriage where position >= bytes.count || bytes[position] == newline:
          continue
        default:
          if quoted, byte != UInt8(ascii: " ") {
            throw TableError(
              path, line: start,
              "text follows a closing quote; is the delimiter really "
                + "\"\(Character(Unicode.Scalar(separator)))\"? give another with --delimiter, or "
                + "double the quotes within the field")
          }
          if !quoted { field.append(byte) }
        }
      }
      line += 1
      if fields.isEmpty, field.isEmpty, !quoted { continue }
      fields.append(try text(field, line: start))
      records.append(Record(line: start, fields: fields))
    }
    return records
  }
}

extension String {
  /// Without the blanks and tabs around it.
  var trimmingBlanks: String { trimmingCharacters(in: .whitespaces) }
}
