import Foundation

/// The checksum that a safetensors file can carry in its own metadata.
///
/// `"checksum":"crc32c:xxxxxxxx"` is the CRC-32C of the whole file, header and length included, in which
/// these eight digits are read as zeros. Other readers of the format pass it over as they do all metadata.
enum SafetensorsChecksum {
  static let key = "checksum"
  static let prefix = "crc32c:"
  static let blank = prefix + "00000000"

  /// Where the eight digits stand in a header. Within a JSON string the quotes would be escaped, so that
  /// the text cannot occur elsewhere.
  static func digits(in header: [UInt8]) -> Range<Int>? {
    let mark = Array("\"\(key)\":\"\(prefix)".utf8)
    guard let found = header.firstRange(of: mark), found.upperBound + 8 <= header.count else {
      return nil
    }
    return found.upperBound..<found.upperBound + 8
  }

  static func text(of value: UInt32) -> [UInt8] {
    Array(CRC32C.digits(value).utf8)
  }
}

extension SafetensorsFile {
  /// Whether the file carries a checksum of itself; see ``SafetensorsWriter``.
  public var hasChecksum: Bool {
    metadata[SafetensorsChecksum.key]?.hasPrefix(SafetensorsChecksum.prefix) ?? false
  }

  /// Reads the whole file and compares it with the checksum in its metadata, if it carries one.
  ///
  /// - Throws: ``SafetensorsError`` where they differ, or the disk cannot read a part of the file.
  public func verifyChecksum() throws {
    guard hasChecksum else { return }
    var header = [UInt8](repeating: 0, count: dataStart)
    try header.withUnsafeMutableBytes { try opened.read(into: $0, at: 0) }
    guard let digits = SafetensorsChecksum.digits(in: header) else {
      throw SafetensorsError(file: url.path, reason: "has a checksum of a form unknown here")
    }
    let stored = Array(header[digits])
    header.replaceSubrange(digits, with: Array("00000000".utf8))
    var crc = CRC32C()
    header.withUnsafeBytes { crc.update($0) }
    var chunk = [UInt8](repeating: 0, count: min(1 << 20, max(1, opened.count - dataStart)))
    var position = dataStart
    while position < opened.count {
      let count = min(chunk.count, opened.count - position)
      try chunk.withUnsafeMutableBytes { bytes in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        try opened.read(into: part, at: position)
        crc.update(UnsafeRawBufferPointer(part))
      }
      position += count
    }
    let actual = SafetensorsChecksum.text(of: crc.value)
    guard actual == stored else {
      func shown(_ digits: [UInt8]) -> String { String(decoding: digits, as: UTF8.self) }
      throw SafetensorsError(
        file: url.path,
        reason: "is damaged: its CRC-32C is \(shown(actual)), where \(shown(stored)) was written")
    }
  }
}
