import Foundation

/// Where a log goes that is given no other place.
public enum StandardErrorLog {
  /// Writes a line to standard error.
  public static let write: @Sendable (String) -> Void = { line in
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
