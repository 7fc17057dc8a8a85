/// A configuration that cannot be used: one line that names the file and line, the key, the reason
/// and the way out.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The full key (`optimization.lr`), or "" where the file as a whole is at fault.
  public let key: String
  /// Where the offending value was written; `nil` for a value set in code.
  public let origin: ConfigurationOrigin?
  /// The reason and the way out.
  public let message: String

  /// An error about `key`; `message` should name the key itself.
  public init(key: String, origin: ConfigurationOrigin? = nil, message: String) {
    self.key = key
    self.origin = origin
    self.message = message.replacing("\n", with: "\\n")
  }

  /// `FILE:LINE: MESSAGE`.
  public var description: String {
    guard let origin else { return message }
    return "\(origin): \(message)"
  }
}

/// Where a value was written: a file and line, or an override.
public struct ConfigurationOrigin: Sendable, Equatable, CustomStringConvertible {
  /// The file's path, or the override's text.
  public let source: String
  /// The line in that file, counted from 1.
  public let line: Int?

  /// `line` of `source`.
  public init(source: String, line: Int? = nil) {
    self.source = source
    self.line = line
  }

  /// `SOURCE:LINE`, or `SOURCE` alone.
  public var description: String { line.map { "\(source):\($0)" } ?? source }
}
