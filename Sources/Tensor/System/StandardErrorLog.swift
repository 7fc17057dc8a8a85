import Foundation

/// Where a log goes that is given no other place.
///
/// A line that cannot be written is dropped: a full disk, a closed descriptor or a reader that went away never ends a
/// training.
public enum StandardErrorLog {
  /// Writes a line to standard error; control characters in it are shown as escapes.
  public static let write: @Sendable (String) -> Void = { line in
    print(TerminalText.line(line) + "\n")
  }

  /// Writes a text to standard error as it is, or drops what cannot be written.
  public static func print(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Foundation.write(STDERR_FILENO, rest.baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        if written <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}
