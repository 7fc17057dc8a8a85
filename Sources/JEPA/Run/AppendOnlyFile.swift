import Foundation

/// A file that only grows; closed when its last owner goes.
final class AppendOnlyFile: Sendable {
  let path: String
  private let descriptor: Int32

  /// Opens an existing file.
  init(existing path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write") }
  }

  /// Opens a file, or creates it where there is none.
  init(creating path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write") }
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

  deinit { close(descriptor) }

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
