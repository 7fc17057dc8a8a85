import Foundation

/// Splits the text of a table into lines and fields (RFC 4180), and allows for what programs write differently.
///
/// Lines end in LF, CR LF or, where the file has no LF, CR. A byte-order mark is skipped, UTF-16 with such a mark
/// is decoded, and Excel's first line `sep=;` is passed over. Empty lines, and lines of empty fields only, are no
/// records.
struct CSVParser {
  private let path: String
  private let bytes: [UInt8]
  private let separator: UInt8
  /// Whether runs of blanks and tabs separate fields.
  private let isBlank: Bool
  private let newline: UInt8
  private var fields = CSVFields()
  private var position = 0
  private var line = 1

  private static let (quote, space, tab) = (
    UInt8(ascii: "\""), UInt8(ascii: " "), UInt8(ascii: "\t")
  )
  private static let (lineFeed, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

  /// - Parameter delimiter: the character between fields; a blank stands for runs of blanks and tabs.
  /// - Throws: ``TableError``.
  init(_ data: [UInt8], path: String, delimiter: Character) throws {
    guard let separator = delimiter.asciiValue, !"\"\r\n".contains(delimiter) else {
      throw TableError(path, "cannot be split at \"\(delimiter)\"; use a character such as , or ;")
    }
    self.path = path
    self.separator = separator
    isBlank = separator == Self.space
    bytes = try Self.withoutSeparatorLine(
      Self.text(data, path: path), path: path, separator: separator)
    newline = bytes.contains(Self.lineFeed) ? Self.lineFeed : Self.carriage
  }

  /// Every line that holds something.
  mutating func records() throws -> (fields: CSVFields, records: [CSVFields.Record]) {
    let bytes = bytes
    return try bytes.withUnsafeBufferPointer { bytes in
      let lines = bytes.count { $0 == newline } + 1
      fields.reserve(
        bytes: bytes.count, fields: isBlank ? lines : lines + bytes.count { $0 == separator })
      var records: [CSVFields.Record] = []
      records.reserveCapacity(lines)
      while position < bytes.count {
        let (start, first) = (line, fields.count)
        try nextLine(bytes)
        if let record = fields.record(from: first, line: start) { records.append(record) }
      }
      return (fields, records)
    }
  }

  private mutating func nextLine(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    let start = line
    var quoted = false
    var isEmpty = true
    while true {
      if position < bytes.count, bytes[position] == Self.quote, isEmpty, !quoted {
        quoted = true
        isEmpty = try quotedField(bytes, start: start)
        continue
      }
      let byte = position < bytes.count ? bytes[position] : newline
      position += 1
      if byte == newline { break }
      if byte == Self.carriage, position >= bytes.count || bytes[position] == newline { continue }
      if isBlank ? byte == Self.space || byte == Self.tab : byte == separator {
        if !isBlank || quoted || !isEmpty { try closeField(start: start) }
        (quoted, isEmpty) = (false, true)
        continue
      }
      guard quoted else {
        fields.append(byte)
        isEmpty = false
        continue
      }
      if byte != Self.space {
        throw TableError(
          path, line: start,
          "text follows a closing quote; is the delimiter really "
            + "\"\(Character(Unicode.Scalar(separator)))\"? give another with --delimiter, or "
            + "double the quotes within the field")
      }
    }
    line += 1
    if !isBlank || quoted || !isEmpty { try closeField(start: start) }
  }

  private mutating func closeField(start: Int) throws {
    if !fields.isValid {
      throw TableError(path, line: start, "is not UTF-8 text; save the file as UTF-8")
    }
    fields.close()
  }

  /// What stands between the quotes, of which the first is the next byte; doubled ones are single ones.
  ///
  /// - Returns: whether there was nothing.
  private mutating func quotedField(
    _ bytes: UnsafeBufferPointer<UInt8>, start: Int
  ) throws -> Bool {
    var isEmpty = true
    position += 1
    while true {
      guard position < bytes.count else {
        throw TableError(
          path, line: start, "a quote that opens here never closes; close or remove it")
      }
      if bytes[position] == Self.quote {
        position += 1
        guard position < bytes.count, bytes[position] == Self.quote else { return isEmpty }
      } else if bytes[position] == newline {
        line += 1
      }
      fields.append(bytes[position])
      isEmpty = false
      position += 1
    }
  }

  /// The bytes as UTF-8 without a byte-order mark.
  private static func text(_ data: [UInt8], path: String) throws -> [UInt8] {
    if data.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(data.dropFirst(3)) }
    guard data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) else {
      return data
    }
    let isLittle = data.first == 0xFF
    let rest = Array(data.dropFirst(2))
    let units = stride(from: 0, to: rest.count - 1, by: 2).map { index in
      isLittle
        ? UInt16(rest[index]) | UInt16(rest[index + 1]) << 8
        : UInt16(rest[index]) << 8 | UInt16(rest[index + 1])
    }
    // An odd number of bytes after the mark is no UTF-16; such a file is refused as not UTF-8.
    guard rest.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
      return data
    }
    return Array(text.utf8)
  }

  /// Excel's `sep=;` on the first line, of which only the line's end is kept.
  private static func withoutSeparatorLine(
    _ bytes: [UInt8], path: String, separator: UInt8
  ) throws -> [UInt8] {
    let first = bytes.prefix { $0 != lineFeed && $0 != carriage }
    guard first.count == 5, first.starts(with: Array("sep=".utf8)), let named = first.last else {
      return bytes
    }
    guard named == separator else {
      let character = Character(Unicode.Scalar(named))
      throw TableError(
        path, line: 1,
        "says that \"\(character)\" separates the fields; give --delimiter '\(character)'")
    }
    return Array(bytes.dropFirst(5))
  }
}

extension String {
  /// Without the blanks and tabs around it.
  var trimmingBlanks: String { trimmingCharacters(in: .whitespaces) }
}
