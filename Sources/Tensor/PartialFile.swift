import Foundation
import Synchronization

/// A file being written that will exist whole or not at all, whenever the process or the machine stops.
///
/// The bytes go to a hidden `.NAME.PID-N.partial` in the same folder. ``commit()`` syncs it to the disk,
/// gives it its name and syncs the folder. Given up, or gone out of scope, it is removed, and what was
/// there before is still there.
package final class PartialFile {
  /// What failed, by the system's code.
  package struct Failure: Error {
    package enum Step: Sendable { case create, write, sync, rename, syncFolder }
    package let step: Step
    package let code: Int32

    /// The system's words for the code.
    package var reason: String { String(cString: strerror(code)) }
  }

  package static let suffix = ".partial"
  private static let serial = Atomic<Int>(0)

  /// Where the bytes are until the file is committed.
  package let temporary: String
  private let path: String
  private var descriptor: Int32

  /// Begins a file that will be at `path`.
  package init(for path: String) throws(Failure) {
    self.path = path
    let url = URL(fileURLWithPath: path)
    let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
    temporary =
      url.deletingLastPathComponent().path
      + "/.\(url.lastPathComponent).\(getpid())-\(number)\(Self.suffix)"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw Failure(step: .create, code: errno) }
  }

  deinit { abandon() }

  /// Whether it can still be written to.
  package var isOpen: Bool { descriptor >= 0 }

  /// Writes all of `bytes` at `offset`, however many calls that takes.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { throw Failure(step: .write, code: count < 0 ? errno : EIO) }
      done += count
    }
  }

  /// Brings everything to the disk and puts the file in its place; it is given up where that fails.
  package func commit() throws(Failure) {
    defer { abandon() }
    if fsync(descriptor) != 0 { throw Failure(step: .sync, code: errno) }
    if rename(temporary, path) != 0 { throw Failure(step: .rename, code: errno) }
    close(descriptor)
    descriptor = -1
    // The new name is only safe once the folder is on the disk too. Some file systems cannot do that
    // for folders and say so by EINVAL.
    let folder = open(
      URL(fileURLWithPath: path).deletingLastPathComponent().path,
      O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { throw Failure(step: .syncFolder, code: errno) }
    defer { close(folder) }
    if fsync(folder) != 0 && errno != EINVAL { throw Failure(step: .syncFolder, code: errno) }
  }

  /// Removes what was written, unless it was committed.
  package func abandon() {
    if descriptor < 0 { return }
    close(descriptor)
    unlink(temporary)
    descriptor = -1
  }
}
