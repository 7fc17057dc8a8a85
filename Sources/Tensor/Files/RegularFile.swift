import Foundation

/// Files from outside, read whole: regular files only, and none beyond a size.
///
/// A pipe or device under a file's name would be read for ever, or keep its reader waiting.
package enum RegularFile {
  package enum Failure: Error, Equatable {
    /// The system's code.
    case system(Int32)
    /// A folder, pipe or device.
    case notRegular
    case tooLarge(limit: Int)

    /// For the end of a message.
    package var reason: String {
      switch self {
      case .system(ENOENT): "no such file"
      case .system(EACCES): "permission denied"
      case .system(let code): String(cString: strerror(code))
      case .notRegular: "it is not a regular file"
      case .tooLarge(let limit): "it has more than the \(limit) bytes that are read"
      }
    }
  }

  /// The bytes of the file at `path`, which need not be UTF-8.
  package static func contents(of path: UnsafePointer<CChar>, limit: Int) throws(Failure) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .system(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
    var data = Data(count: Int(status.st_size))
    var done = 0
    while done < data.count {
      let count = data.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(errno) }
      if count == 0 { break }
      done += count
    }
    // Shortened while it was read.
    return done < data.count ? data.prefix(done) : data
  }
}
