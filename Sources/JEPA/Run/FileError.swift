import Foundation

/// A file or folder that cannot be used: one line that names it and the reason.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// What was tried, as a verb: "read", "write", "create".
  public let action: String
  /// Why it failed, and the way out where there is one.
  public let reason: String

  /// An error of `action` on `path`.
  public init(path: String, action: String, reason: String) {
    self.path = path
    self.action = action
    self.reason = reason
  }

  /// The system's reason for the call that has just failed.
  init(path: String, action: String, code: Int32 = errno) {
    self.init(path: path, action: action, reason: String(cString: strerror(code)))
  }

  /// `cannot ACTION PATH: REASON`.
  public var description: String { "cannot \(action) \(path): \(reason)" }
}

extension FileError {
  /// The bytes of a file, or of what else can be read to an end.
  ///
  /// - Parameter limit: the most bytes that are taken; more are an error. Of pipes and devices, which may have
  ///   no end, 64 MiB are.
  /// - Throws: `FileError` with the system's reason.
  package static func contents(of path: String, limit: Int = 1 << 30) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "read") }
    defer { close(descriptor) }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let limit = isRegular ? limit : min(limit, 1 << 26)
    let excess = FileError(
      path: path, action: "read", reason: "it has more than the \(limit) bytes that are read")
    if isRegular, status.st_size > limit { throw excess }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, action: "read") }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw excess }
    }
  }

  /// Writes all of `bytes`, however many calls that takes.
  static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
  ) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(path: path, action: "write") }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
