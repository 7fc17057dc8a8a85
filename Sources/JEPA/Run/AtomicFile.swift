import Foundation

/// Files that exist whole or not at all, whenever the process or the machine stops.
///
/// The bytes go to a hidden file in the same folder, which is synced to the disk and then renamed;
/// the folder is synced last. An interrupted write leaves the earlier file untouched, and at most a
/// hidden `.NAME.PID.partial` beside it, which `removePartialFiles(in:)` clears.
public enum AtomicFile {
  /// Receives the bytes of a file that is being written; buffers small pieces.
  public struct Writer: ~Copyable {
    fileprivate let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    /// Bytes received so far.
    public private(set) var count = 0

    fileprivate init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    /// Adds raw bytes.
    /// - Throws: `FileError`, as for a full disk.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
      count += bytes.count
      if buffer.count + bytes.count > 1 << 16 { try flush() }
      if bytes.count > 1 << 16 {
        try FileError.writeAll(bytes, to: descriptor, path: path)
      } else {
        buffer.append(contentsOf: bytes)
      }
    }

    /// Adds bytes.
    /// - Throws: `FileError`, as for a full disk.
    public mutating func append(_ bytes: [UInt8]) throws {
      try bytes.withUnsafeBytes { try append($0) }
    }

    /// Adds text in UTF-8.
    /// - Throws: `FileError`, as for a full disk.
    public mutating func append(_ text: String) throws { try append(Array(text.utf8)) }

    fileprivate mutating func flush() throws {
      try buffer.withUnsafeBytes {
        try FileError.writeAll($0, to: descriptor, path: path)
      }
      buffer.removeAll(keepingCapacity: true)
    }
  }

  /// Replaces the file at `path` by what `body` writes. Where `body` throws, nothing changes.
  /// - Throws: `FileError`, or what `body` throws.
  public static func write(to path: String, _ body: (inout Writer) throws -> Void) throws {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let partial = "\(folder)/.\(url.lastPathComponent).\(getpid())\(suffix)"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write") }
    do {
      defer { close(descriptor) }
      var writer = Writer(descriptor: descriptor, path: path)
      try body(&writer)
      try writer.flush()
      guard fsync(descriptor) == 0 else { throw FileError(path: path, action: "write") }
      guard rename(partial, path) == 0 else { throw FileError(path: path, action: "write") }
    } catch {
      unlink(partial)
      throw error
    }
    try synchronize(folder: folder)
  }

  /// Replaces the file at `path` by these bytes.
  /// - Throws: `FileError`.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.append(bytes) }
  }

  /// Replaces the file at `path` by this text in UTF-8.
  /// - Throws: `FileError`.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Removes what interrupted writes left in `folder`. Call it only where no other process writes.
  public static func removePartialFiles(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
      unlink("\(folder)/\(name)")
    }
  }

  private static let suffix = ".partial"

  /// Makes the folder's list of names durable.
  private static func synchronize(folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: folder, action: "sync") }
    defer { close(descriptor) }
    // Some network file systems cannot sync folders and say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(path: folder, action: "sync")
    }
  }
}
