/// The fields of a table's lines, one behind the other, so that a field of one character takes five bytes.
struct CSVFields {
  /// The fields of one line.
  struct Record {
    private let lineNumber: UInt32
    fileprivate private(set) var first: UInt32
    private var length: UInt32

    fileprivate init(line: Int, fields: Range<Int>) {
      (lineNumber, first) = (UInt32(line), UInt32(fields.lowerBound))
      length = UInt32(fields.count)
    }

    /// From 1; the one it starts on.
    var line: Int { Int(lineNumber) }
    var count: Int { Int(length) }

    mutating func removeFirst() { (first, length) = (first + 1, length - 1) }
    mutating func removeLast(_ count: Int) { length -= UInt32(count) }
  }

  private var bytes: [UInt8] = []
  /// Where each field ends in ``bytes``.
  private var ends: [UInt32] = []

  /// Fields, that is ends, so far.
  var count: Int { ends.count }

  mutating func reserve(bytes count: Int, fields: Int) {
    bytes.reserveCapacity(count)
    ends.reserveCapacity(fields)
  }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// Whether the bytes since the last field's end are UTF-8.
  var isValid: Bool {
    let start = end(of: ends.count - 1)
    for index in start..<bytes.count where bytes[index] >= 0x80 {
      return String(validating: bytes[start...], as: UTF8.self) != nil
    }
    return true
  }

  /// Ends a field.
  mutating func close() { ends.append(UInt32(truncatingIfNeeded: bytes.count)) }

  /// The fields since `first` as a record; nil, and forgotten, where they are blank.
  mutating func record(from first: Int, line: Int) -> Record? {
    for field in first..<ends.count where !isBlank(field) {
      return Record(line: line, fields: first..<ends.count)
    }
    bytes.removeSubrange(end(of: first - 1)...)
    ends.removeSubrange(first...)
    return nil
  }

  /// Where a field ends; 0 for the one before the first.
  private func end(of field: Int) -> Int { field < 0 ? 0 : Int(ends[field]) }

  /// The field without ASCII's blanks and tabs around it.
  private func range(_ field: Int) -> Range<Int> {
    var (low, high) = (end(of: field - 1), end(of: field))
    while low < high, bytes[low] == 0x20 || bytes[low] == 0x09 { low += 1 }
    while low < high, bytes[high - 1] == 0x20 || bytes[high - 1] == 0x09 { high -= 1 }
    return low..<high
  }

  /// Without blanks of any kind around it.
  private func trimmed(_ field: Int) -> String {
    let range = range(field)
    let text = String(decoding: bytes[range], as: UTF8.self)
    guard let first = text.utf8.first, let last = text.utf8.last else { return "" }
    // Blanks of other kinds than ASCII's are rare.
    return max(first, last) < 0x80 ? text : text.trimmingBlanks
  }

  private func isBlank(_ field: Int) -> Bool {
    let range = range(field)
    return range.isEmpty || (bytes[range.lowerBound] >= 0x80 && trimmed(field).isEmpty)
  }

  // MARK: A record's fields

  /// As it stands in the file.
  func text(_ record: Record, _ column: Int) -> String {
    let field = Int(record.first) + column
    return String(decoding: bytes[end(of: field - 1)..<end(of: field)], as: UTF8.self)
  }

  /// Without blanks around it.
  func trimmed(_ record: Record, _ column: Int) -> String {
    trimmed(Int(record.first) + column)
  }

  /// How many fields there are up to the last that is not blank.
  func used(_ record: Record) -> Int {
    var count = record.count
    while count > 0, isBlank(Int(record.first) + count - 1) { count -= 1 }
    return count
  }

  /// A finite number in decimal notation; nil for anything else.
  func number(_ record: Record, _ column: Int) -> Double? {
    let field = Int(record.first) + column
    return short(range(field)) ?? Double(decimal: trimmed(field))
  }

  /// Up to 15 digits without an exponent: they and the power of ten that divides them are exact, so that the quotient is
  /// the nearest number (Clinger 1990, "How to read floating point numbers accurately").
  private func short(_ range: Range<Int>) -> Double? {
    guard range.count <= 17, let last = range.last else { return nil }
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    var (digits, decimals, value): (Int, Int, Int64) = (0, -1, 0)
    var index = range.lowerBound + (isNegative ? 1 : 0)
    while index <= last {
      let byte = bytes[index]
      if byte &- 0x30 < 10, digits < 15 {
        value = value * 10 + Int64(byte &- 0x30)
        digits += 1
      } else if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = digits
      } else {
        return nil
      }
      index += 1
    }
    // `.5` and `5.` are left to the general way.
    if digits == 0 || decimals == 0 || decimals == digits { return nil }
    let magnitude = decimals < 0 ? Double(value) : Double(value) / Self.powers[digits - decimals]
    return isNegative ? -magnitude : magnitude
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}
