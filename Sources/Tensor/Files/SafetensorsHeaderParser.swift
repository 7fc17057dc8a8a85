/// Reads the JSON of a safetensors header: an object of tensors, each with `dtype`, `shape` and
/// `data_offsets`, and `__metadata__`, an object of strings.
///
/// A general JSON reader will not do: it keeps one of two members of the same name and says nothing.
struct SafetensorsHeaderParser {
  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  /// The tensor being read.
  private var tensor: String?

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func parse() throws -> (entries: [SafetensorsEntry], metadata: [String: String]) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw failure("the header is not UTF-8")
    }
    guard bytes.first == UInt8(ascii: "{") else {
      throw failure("the header does not begin with {; this is not a safetensors file")
    }
    var entries: [SafetensorsEntry] = []
    var metadata: [String: String]?
    var seen: Set<String> = []
    try object { parser, name in
      if name == SafetensorsHeader.metadataKey {
        if metadata != nil { throw parser.failure("the header has __metadata__ twice") }
        metadata = try parser.strings()
        return
      }
      parser.tensor = name
      if !seen.insert(name).inserted { throw parser.failure("is in the header twice") }
      entries.append(try parser.entry(name))
      parser.tensor = nil
    }
    skipSpace()
    if position < bytes.count { throw malformed("the end of the header") }
    return (entries, metadata ?? [:])
  }

  private mutating func entry(_ name: String) throws -> SafetensorsEntry {
    var dtype: SafetensorsDType?
    var shape: [Int]?
    var offsets: [Int]?
    try object { parser, key in
      switch key {
      case "dtype" where dtype == nil:
        let text = try parser.string()
        dtype = SafetensorsDType(rawValue: text)
        if dtype == nil { throw parser.failure("has the unknown dtype \"\(text)\"") }
      case "shape" where shape == nil: shape = try parser.integers()
      case "data_offsets" where offsets == nil: offsets = try parser.integers()
      case "dtype", "shape", "data_offsets": throw parser.failure("has \"\(key)\" twice")
      default: throw parser.failure("has the unknown member \"\(key)\"")
      }
    }
    guard let dtype, let shape, let offsets else {
      let missing = dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw failure("has no \"\(missing)\"")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw failure("has data_offsets \(offsets), not a start and an end")
    }
    return SafetensorsEntry(
      name: name, dtype: dtype, shape: shape, byteRange: offsets[0]..<offsets[1])
  }

  private mutating func strings() throws -> [String: String] {
    var result: [String: String] = [:]
    try object { parser, key in
      let value = try parser.string()
      if result.updateValue(value, forKey: key) != nil {
        throw parser.failure("the metadata has the key \"\(key)\" twice")
      }
    }
    return result
  }

  // MARK: JSON

  private mutating func object(
    _ member: (inout SafetensorsHeaderParser, _ key: String) throws -> Void
  ) throws {
    try expect("{", "an object")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":", "a colon")
      try member(&self, key)
    } while accept(",")
    try expect("}", "a comma or }")
  }

  private mutating func integers() throws -> [Int] {
    var result: [Int] = []
    try expect("[", "an array of sizes")
    if accept("]") { return result }
    repeat { result.append(try integer()) } while accept(",")
    try expect("]", "a comma or ]")
    return result
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, case let digit = Int(bytes[position]) - 48, 0...9 ~= digit {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(digit)
      if overflow || carry { throw failure("has a size or an offset that overflows") }
      value = sum
      position += 1
    }
    let digits = position - start
    if digits == 0 || (digits > 1 && bytes[start] == UInt8(ascii: "0")) {
      position = start
      throw malformed("a whole number, 0 or more")
    }
    return value
  }

  private mutating func string() throws -> String {
    try expect("\"", "a string")
    var utf8: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: utf8, as: UTF8.self) }
      if byte < 0x20 { throw malformed("a string without control characters") }
      if byte == UInt8(ascii: "\\") { try utf8 += escape() } else { utf8.append(byte) }
    }
    throw malformed("the end of a string")
  }

  private mutating func escape() throws -> [UInt8] {
    guard position < bytes.count else { throw malformed("an escaped character") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: Array("\\u".utf8)) {
        position += 2
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw malformed("a whole surrogate pair")
      }
      return Array(text.utf8)
    default: throw malformed("an escaped character")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, !digits.contains(UInt8(ascii: "+")),
      !digits.contains(UInt8(ascii: "-")),
      let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("four hexadecimal digits") }
    position += 4
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws {
    if !accept(character) { throw malformed(what) }
  }

  private func malformed(_ expected: String) -> SafetensorsError {
    let place = "at byte \(position) of the header, where \(expected) is expected"
    return failure(tensor == nil ? "not JSON of this format " + place : "is malformed " + place)
  }

  private func failure(_ reason: String) -> SafetensorsError {
    SafetensorsError(file: file, tensor: tensor, reason: reason)
  }
}
