import Foundation

/// The path or name of a file as the system has it: bytes, which need not be UTF-8.
package struct FilePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// For messages and lists: the path itself where it is UTF-8, and else with `\xE9` for each byte that is not.
  package let text: String
  /// The bytes of a path that is not UTF-8.
  private let raw: [UInt8]?

  package init(_ path: String) {
    text = path
    raw = nil
  }

  package init(bytes: some Collection<UInt8>) {
    let path = String(validating: bytes, as: UTF8.self)
    raw = path == nil ? Array(bytes) : nil
    text = path ?? Self.escaped(Array(bytes))
  }

  /// `bytes` as text, those that are not UTF-8 as `\xE9`.
  private static func escaped(_ bytes: [UInt8]) -> String {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var text: [UInt8] = []
    var position = 0
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let scalar):
        text += scalar
        position += scalar.count
      case .error(let length):
        for byte in bytes[position..<position + length] {
          text += String(format: "\\x%02X", byte).utf8
        }
        position += length
      case .emptyInput: return String(decoding: text, as: UTF8.self)
      }
    }
  }

  package var description: String { text }

  /// The bytes, without an end.
  package var bytes: [UInt8] { raw ?? Array(text.utf8) }

  /// Calls `body` with the path for the system.
  package func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
    guard let raw else { return try text.withCString(body) }
    return try (raw + [0]).withUnsafeBufferPointer { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
    }
  }

  /// The path of what is called `name` in this folder.
  package func appending(_ name: FilePath) -> FilePath {
    if raw == nil, name.raw == nil { return FilePath(text + "/" + name.text) }
    return FilePath(bytes: bytes + [UInt8(ascii: "/")] + name.bytes)
  }

  package func appending(_ name: String) -> FilePath { appending(FilePath(name)) }

  /// What follows the last slash.
  package var lastComponent: FilePath {
    let bytes = bytes
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    return FilePath(bytes: bytes[start...])
  }

  /// The order of the bytes.
  package static func < (a: FilePath, b: FilePath) -> Bool {
    a.raw == nil && b.raw == nil
      ? a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
      : a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// Bytes that differ make other files, also where Unicode holds the names for the same.
  package static func == (a: FilePath, b: FilePath) -> Bool {
    a.raw == nil && b.raw == nil ? a.text.utf8.elementsEqual(b.text.utf8) : a.bytes == b.bytes
  }

  package func hash(into hasher: inout Hasher) {
    for byte in raw ?? Array(text.utf8) { hasher.combine(byte) }
  }
}
