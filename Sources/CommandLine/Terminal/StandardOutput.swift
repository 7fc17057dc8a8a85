import Foundation
import JEPATensor

/// Where results go, line by line. Unlike `print`, it knows whether they arrived.
///
/// A write that fails does not end the command, which may have files to write yet; what follows is dropped, and
/// ``check()`` then throws.
enum StandardOutput {
  private static let failure = Lock<Int32?>(nil)

  /// Writes a text and a line's end; control characters in it, but for those, are shown as escapes.
  static func write(_ text: String, terminator: String = "\n") {
    var bytes = TerminalText.lines(text) + terminator
    failure.withLock { failure in
      if failure == nil { failure = bytes.withUTF8 { writeAll(UnsafeRawBufferPointer($0)) } }
    }
  }

  /// - Throws: ``CommandError`` where something could not be written.
  static func check() throws {
    guard let code = failure.withLock({ $0 }) else { return }
    let reason = code == EBADF ? "it is closed" : String(cString: strerror(code))
    throw CommandError("the results cannot be written to standard output: \(reason)")
  }

  /// - Returns: the system's code where not all was written.
  private static func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32? {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(STDOUT_FILENO, rest.baseAddress, rest.count)
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        continue
      }
      let code = count < 0 ? errno : EIO
      if code == EINTR { continue }
      guard code == EAGAIN else { return code }
      // Somebody made it non-blocking, a terminal's other user for instance.
      var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      _ = poll(&descriptor, 1, -1)
    }
    return nil
  }
}
