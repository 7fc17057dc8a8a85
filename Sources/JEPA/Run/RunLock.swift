import Foundation
import JEPATensor

/// The right to write to a run's folder, for one process at a time.
///
/// It is the kernel's lock (`flock`) on the file `.lock` in the folder, so that it ends with the process,
/// however that ends. Within a process it is shared: whoever asks again gets the same one. The file stays
/// and holds who had it last. File systems without such locks give none, and no protection.
final class RunLock: Sendable {
  private struct Identity: Hashable {
    let device: UInt64
    let file: UInt64
  }

  private struct Holder: Sendable {
    weak var lock: RunLock?
  }

  private static let held = Lock<[Identity: Holder]>([:])

  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Takes the lock of the run folder `path`; nil where the file system has no locks.
  ///
  /// - Parameter creating: whether to make the lock's file where the folder has none yet; otherwise such a
  ///   folder is nobody's, and the result nil.
  /// - Throws: `FileError` where another process has it, or the file cannot be written.
  static func acquire(_ path: String, creating: Bool = true) throws -> RunLock? {
    let file = path + "/.lock"
    let flags = O_RDWR | O_CLOEXEC | (creating ? O_CREAT : 0)
    let descriptor = open(file, flags, 0o644)
    if descriptor < 0, !creating, errno == ENOENT || errno == ENOTDIR { return nil }
    guard descriptor >= 0 else {
      throw FileError(
        path: path, action: "lock the run folder",
        reason: "\(String(cString: strerror(errno))); name a folder that can be written to")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw FileError(path: file, action: "read")
    }
    let identity = Identity(device: UInt64(status.st_dev), file: UInt64(status.st_ino))
    return try held.withLock { held in
      if let mine = held[identity]?.lock {
        close(descriptor)
        return mine
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        defer { close(descriptor) }
        if code != EWOULDBLOCK { return nil }
        let holder = (try? FileError.contents(of: file, limit: 1 << 10)) ?? []
        let name = String(decoding: holder, as: UTF8.self).split(separator: "\n").first
        throw FileError(
          path: path, action: "use the run folder",
          reason:
            "\(name.map(String.init) ?? "another process") is training in it; wait for its end, "
            + "or name another folder")
      }
      let lock = RunLock(descriptor: descriptor)
      ftruncate(descriptor, 0)
      let line = Array("process \(getpid()) on \(ProcessInfo.processInfo.hostName)\n".utf8)
      _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
      held[identity] = Holder(lock: lock)
      return lock
    }
  }
}
