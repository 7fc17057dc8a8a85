import Foundation
import JEPATensor

/// The right to write to a run's folder, for one process at a time.
///
/// It is the kernel's lock (`flock`) on the folder itself, and on the file `.lock` in it, so that it ends with the
/// process, however that ends, and stays where the file is removed. Within a process it is shared: whoever asks again
/// gets the same one. The file holds who had it last. File systems without such locks give none, and no protection.
final class RunLock: Sendable {
  private struct Identity: Hashable {
    let device: UInt64
    let file: UInt64
  }

  private struct Holder: Sendable {
    weak var lock: RunLock?
  }

  private static let held = Lock<[Identity: Holder]>([:])

  private let descriptors: [Int32]

  private init(_ descriptors: [Int32]) { self.descriptors = descriptors }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Takes the lock of the run folder `path`; nil where the file system has no locks.
  ///
  /// - Parameter creating: whether to make the lock's file where the folder has none yet; otherwise such a
  ///   folder, where nobody has it locked, is nobody's, and the result nil.
  /// - Throws: `FileError` where another process has it, or the file cannot be written.
  static func acquire(_ path: String, creating: Bool = true) throws -> RunLock? {
    func refusal(_ code: Int32) -> FileError {
      FileError(
        path: path, action: "lock the run folder",
        reason: "\(String(cString: strerror(code))); name a folder that can be written to")
    }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0, !creating, errno == ENOENT || errno == ENOTDIR { return nil }
    guard folder >= 0 else { throw refusal(errno) }
    var status = stat()
    guard fstat(folder, &status) == 0 else {
      defer { close(folder) }
      throw FileError(path: path, action: "read")
    }
    let identity = Identity(device: UInt64(status.st_dev), file: UInt64(status.st_ino))
    return try held.withLock { held in
      if let mine = held[identity]?.lock {
        close(folder)
        return mine
      }
      var isTaken = false
      defer { if !isTaken { close(folder) } }
      let isFolderLocked = try lock(folder, of: path)
      // Nothing that a link leads to is written to, and no pipe waited for.
      let file = path + "/.lock"
      let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (creating ? O_CREAT : 0)
      let descriptor = open(file, flags, 0o644)
      if descriptor < 0, !creating, errno == ENOENT { return nil }
      guard descriptor >= 0 else { throw refusal(errno) }
      defer { if !isTaken { close(descriptor) } }
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw FileError(
          path: file, action: "lock", reason: "it is not a regular file; remove it")
      }
      let isFileLocked = try lock(descriptor, of: path)
      guard isFolderLocked || isFileLocked else { return nil }
      isTaken = true
      let result = RunLock([folder, descriptor])
      ftruncate(descriptor, 0)
      let line = Array("process \(getpid()) on \(ProcessInfo.processInfo.hostName)\n".utf8)
      _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
      held[identity] = Holder(lock: result)
      return result
    }
  }

  /// Locks a file or folder; false where the file system cannot.
  private static func lock(_ descriptor: Int32, of path: String) throws -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { return false }
    let file = path + "/.lock"
    let holder = (try? RegularFile.contents(of: file, limit: 1 << 10)) ?? Data()
    let name = String(decoding: holder, as: UTF8.self).split(separator: "\n").first
    throw FileError(
      path: path, action: "use the run folder",
      reason:
        "\(name.map(String.init) ?? "another process") is training in it; wait for its end, "
        + "or name another folder")
  }
}
