import Foundation

/// A file that only grows; closed when its last owner goes.
final class AppendOnlyFile: Sendable {
  let path: String
  private let descriptor: Int32

  /// Opens an existing file.
  init(existing path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | Self.careful)
    try Self.requireRegular(descriptor, path)
  }

  /// Opens a file, or creates it where there is none.
  init(creating path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | Self.careful, 0o644)
    try Self.requireRegular(descriptor, path)
  }

  /// Creates a file under `stem`, or `stem.1`, `stem.2` and so on where that is taken.
  init(new stem: String) throws {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC
    var (path, number) = (stem, 0)
    var descriptor = open(path, flags, 0o644)
    while descriptor < 0, errno == EEXIST {
      number += 1
      path = "\(stem).\(number)"
      descriptor = open(path, flags, 0o644)
    }
    guard descriptor >= 0 else { throw FileError(path: path, action: "create") }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Neither follows a link nor waits for a pipe's reader.
  private static let careful = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK

  private static func requireRegular(_ descriptor: Int32, _ path: String) throws {
    let code = errno
    var status = stat()
    // Of a pipe without a reader, and of a link.
    if descriptor < 0, code != ENXIO, code != ELOOP {
      throw FileError(path: path, action: "write", code: code)
    }
    guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG
    else {
      throw FileError(
        path: path, action: "write", reason: "it is not a regular file; move it away")
    }
  }

  /// Brings what was added to the disk, where the file system can.
  func sync() throws {
    while fsync(descriptor) != 0 {
      if errno == EINTR { continue }
      if errno == EINVAL || errno == EROFS { return }
      throw FileError(path: path, action: "sync")
    }
  }

  /// Adds bytes in one call to the system. Where the disk is full, the error says so and what reached the
  /// file of them is taken back, so that a record is whole or absent.
  func append(_ bytes: [UInt8]) throws {
    var status = stat()
    let length = fstat(descriptor, &status) == 0 ? status.st_size : nil
    do {
      try bytes.withUnsafeBytes { try FileError.writeAll($0, to: descriptor, path: path) }
    } catch {
      if let length { ftruncate(descriptor, length) }
      throw error
    }
  }
}
