import Foundation

/// Something that the page cannot show, and why.
public struct MissingPart: Sendable, Hashable {
  /// The file or what would be shown.
  public let name: String
  /// Why it is not there, and the way to have it.
  public let reason: String

  public init(_ name: String, _ reason: String) {
    self.name = name
    self.reason = reason
  }
}

/// Reads a folder's files, of which any may be absent, and takes note of those that are.
struct ReportFiles {
  let folder: String
  private(set) var missing: [MissingPart] = []

  init(_ folder: String) { self.folder = folder }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// - Parameters:
  ///   - way: how to have the file; nil where its absence needs no mention.
  ///   - read: given its path.
  mutating func read<Value>(
    _ name: String, way: String?, _ read: (String) throws -> Value
  ) -> Value? {
    guard exists(name) else {
      if let way { missing.append(MissingPart(name, "not there; \(way)")) }
      return nil
    }
    do {
      return try read(path(name))
    } catch {
      missing.append(MissingPart(name, "cannot be read: \(Self.line(of: error))"))
      return nil
    }
  }

  mutating func json<Value: Decodable>(
    _ type: Value.Type, _ name: String, way: String?
  ) -> Value? {
    read(name, way: way) {
      try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: $0)))
    }
  }

  /// An error in one line.
  static func line(of error: any Error) -> String {
    if case .dataCorrupted(let context) = error as? DecodingError {
      return context.debugDescription
    }
    if case .keyNotFound(let key, _) = error as? DecodingError {
      return "it has no \(key.stringValue)"
    }
    return "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
