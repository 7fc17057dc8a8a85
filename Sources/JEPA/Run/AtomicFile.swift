import Foundation
import JEPATensor

/// Files that exist whole or not at all, whenever the process or the machine stops.
///
/// The bytes go to a hidden file in the same folder, which is synced to the disk and then renamed;
/// the folder is synced last. An interrupted write leaves the earlier file untouched, and at most a
/// hidden `.NAME.RANDOM.partial` beside it, which `removePartialFiles(in:)` clears.
public enum AtomicFile {
  /// Receives the bytes of a file that is being written; buffers small pieces.
  public struct Writer: ~Copyable {
    private let file: PartialFile
    private let path: String
    private var buffer: [UInt8] = []
    /// Bytes received so far.
    public private(set) var count = 0

    fileprivate init(file: PartialFile, path: String) {
      self.file = file
      self.path = path
    }

    /// Adds raw bytes.
    /// - Throws: `FileError`, as for a full disk.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
      if buffer.count + bytes.count > 1 << 16 { try flush() }
      count += bytes.count
      if bytes.count > 1 << 16 {
        try write(bytes)
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
      try buffer.withUnsafeBytes { try write($0) }
      buffer.removeAll(keepingCapacity: true)
    }

    /// Bytes that follow those written before, which are all but the buffer's.
    private func write(_ bytes: UnsafeRawBufferPointer) throws {
      do throws(PartialFile.Failure) {
        try file.write(bytes, at: count - bytes.count)
      } catch {
        throw FileError(path: path, failure: error)
      }
    }
  }

  /// Replaces the file at `path` by what `body` writes. Where `body` throws, nothing changes.
  ///
  /// - Parameter isNamedByUser: whether a user named the file: then a link's target is replaced and not the link, and a
  ///   device or a pipe is written to. Otherwise the name is replaced, whatever it was.
  /// - Throws: `FileError`, or what `body` throws.
  public static func write(
    to path: String, isNamedByUser: Bool = false, _ body: (inout Writer) throws -> Void
  ) throws {
    do {
      let file = try PartialFile(for: path, isNamedByUser: isNamedByUser)
      var writer = Writer(file: file, path: path)
      try body(&writer)
      try writer.flush()
      try file.commit()
    } catch let failure as PartialFile.Failure {
      throw FileError(path: path, failure: failure)
    }
  }

  /// Replaces the file at `path` by these bytes.
  /// - Throws: `FileError`.
  public static func write(
    _ bytes: [UInt8], to path: String, isNamedByUser: Bool = false
  ) throws {
    try write(to: path, isNamedByUser: isNamedByUser) { try $0.append(bytes) }
  }

  /// Replaces the file at `path` by this text in UTF-8.
  /// - Throws: `FileError`.
  public static func write(_ text: String, to path: String, isNamedByUser: Bool = false) throws {
    try write(Array(text.utf8), to: path, isNamedByUser: isNamedByUser)
  }

  /// Removes what interrupted writes left in `folder`. Call it only where no other process writes.
  public static func removePartialFiles(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(PartialFile.suffix) {
      unlink("\(folder)/\(name)")
    }
  }
}

extension FileError {
  fileprivate init(path: String, failure: PartialFile.Failure) {
    let isFolder = failure.step == .syncFolder
    self.init(
      path: isFolder ? URL(fileURLWithPath: path).deletingLastPathComponent().path : path,
      action: isFolder ? "sync" : "write", reason: failure.reason)
  }
}
