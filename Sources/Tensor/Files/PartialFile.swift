import Foundation

/// A file being written that will exist whole or not at all, whenever the process or the machine stops.
///
/// The bytes go to a hidden `.NAME.RANDOM.partial` in the same folder, which nobody can have put there before.
/// ``commit()`` syncs it to the disk, gives it its name and syncs the folder. Given up, or gone out of scope, it is
/// removed, and what was there before is still there.
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

  /// Where the bytes are until the file is committed; nil of a device or pipe, which is written to.
  package let temporary: String?
  private let path: String
  private var descriptor: Int32
  /// The bytes that a pipe has got.
  private var sent = 0

  /// Begins a file that will be at `path`.
  ///
  /// - Parameter isNamedByUser: whether what is there is the user's choice: then a link's target is replaced and not
  ///   the link, and a device or a pipe is written to. Otherwise the name itself is replaced, whatever it was, so that
  ///   nothing that a stranger's link leads to is touched.
  package init(for path: String, isNamedByUser: Bool = false) throws(Failure) {
    var path = path
    if isNamedByUser {
      path = Self.target(of: path)
      var status = stat()
      let exists = stat(path, &status) == 0
      if exists, Self.isDescriptor(path) || ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
        (self.path, temporary) = (path, nil)
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY)
        if descriptor < 0 { throw Failure(step: .create, code: errno) }
        return
      }
    }
    self.path = path
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    var (name, opened): (String, Int32)
    repeat {
      let random = String(UInt64.random(in: 0 ... .max), radix: 16)
      name = "\(folder)/.\(url.lastPathComponent).\(random)\(Self.suffix)"
      opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    } while opened < 0 && errno == EEXIST
    if opened < 0 { throw Failure(step: .create, code: errno) }
    (temporary, descriptor) = (name, opened)
  }

  /// Whether the path is of something that is open, as `/dev/stdout` is: that is written to, whatever it is.
  private static func isDescriptor(_ path: String) -> Bool {
    path.hasPrefix("/proc/self/fd/") || path.hasPrefix("/dev/fd/")
  }

  /// Where links lead; the path itself where it is none, or leads round in a circle.
  private static func target(of path: String) -> String {
    var path = path
    for _ in 0..<40 where !isDescriptor(path) {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        return path
      }
      path =
        next.hasPrefix("/")
        ? next : URL(fileURLWithPath: path).deletingLastPathComponent().path + "/" + next
    }
    return path
  }

  deinit { abandon() }

  /// Whether it can still be written to.
  package var isOpen: Bool { descriptor >= 0 }

  /// Writes all of `bytes` at `offset`, however many calls that takes. A pipe takes them in their order alone.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count: Int
      if temporary == nil, sent == offset + done {
        count = Foundation.write(descriptor, rest.baseAddress, rest.count)
        sent += max(0, count)
      } else {
        count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { throw Failure(step: .write, code: count < 0 ? errno : EIO) }
      done += count
    }
  }

  /// Brings everything to the disk and puts the file in its place; it is given up where that fails.
  package func commit() throws(Failure) {
    defer { abandon() }
    guard let temporary else { return }
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
    if let temporary { unlink(temporary) }
    descriptor = -1
  }
}
