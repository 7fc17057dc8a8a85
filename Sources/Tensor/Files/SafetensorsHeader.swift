/// One tensor of a safetensors file, as its header tells of it.
public struct SafetensorsEntry: Sendable, Hashable {
  public let name: String
  public let dtype: SafetensorsDType
  public let shape: [Int]
  /// Its bytes, counted from the start of the data (the byte after the header).
  public let byteRange: Range<Int>

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
}

/// What stands before the data of a safetensors file: 8 bytes of length, then that many bytes of JSON.
struct SafetensorsHeader {
  /// The longest header the format allows.
  static let maximumLength = 100_000_000
  static let metadataKey = "__metadata__"

  /// In the order of their bytes.
  var entries: [SafetensorsEntry]
  var metadata: [String: String]

  init(entries: [SafetensorsEntry], metadata: [String: String]) {
    self.entries = entries
    self.metadata = metadata
  }

  /// Parses and checks a header.
  ///
  /// - Parameters:
  ///   - json: the header without its length.
  ///   - dataCount: the number of bytes behind it.
  /// - Throws: ``SafetensorsError`` unless the tensors tile the data exactly.
  init(parsing json: [UInt8], dataCount: Int, file: String) throws {
    var parser = SafetensorsHeaderParser(bytes: json, file: file)
    (entries, metadata) = try parser.parse()
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = 0
    var previous = ""
    for entry in entries {
      func fail(_ reason: String) -> SafetensorsError {
        SafetensorsError(file: file, tensor: entry.name, reason: reason)
      }
      let range = entry.byteRange
      guard let needed = entry.dtype.byteCount(of: entry.shape) else {
        throw fail(
          "has shape \(entry.shape), which as \(entry.dtype.rawValue) overflows or does not fill "
            + "whole bytes")
      }
      if needed != range.count {
        throw fail(
          "has \(range.count) bytes, but shape \(entry.shape) of \(entry.dtype.rawValue) takes "
            + "\(needed)")
      }
      if range.upperBound > dataCount {
        throw fail(
          "ends at byte \(range.upperBound) of the data, which has \(dataCount); the file is "
            + "truncated or its header lies: copy or download it again")
      }
      if range.lowerBound < end {
        throw fail("overlaps tensor \"\(previous)\" at byte \(range.lowerBound) of the data")
      }
      if range.lowerBound > end {
        throw fail(
          "starts at byte \(range.lowerBound) of the data, leaving a hole from byte \(end)")
      }
      end = range.upperBound
      previous = entry.name
    }
    if end < dataCount {
      throw SafetensorsError(
        file: file, reason: "\(dataCount - end) bytes after the last tensor belong to none")
    }
  }

  /// The header's bytes with their length in front, padded by spaces so that the data begins at a
  /// multiple of 8. Metadata is in the order of its keys, tensors in the order of `entries`.
  func serialized() -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
      members.append("\"\(Self.metadataKey)\":{" + pairs.joined(separator: ",") + "}")
    }
    for entry in entries {
      let shape = entry.shape.map(String.init).joined(separator: ",")
      let range = "\(entry.byteRange.lowerBound),\(entry.byteRange.upperBound)"
      members.append(
        Self.quoted(entry.name)
          + ":{\"dtype\":\"\(entry.dtype.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(range)]}"
      )
    }
    var json = Array(("{" + members.joined(separator: ",") + "}").utf8)
    while json.count % 8 != 0 { json.append(0x20) }
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
