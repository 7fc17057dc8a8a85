import Foundation

/// A safetensors file opened for reading.
///
/// Only the header is read at once, so that a file larger than memory opens, and then the tensors that are asked for.
/// Opening checks the whole header; after that the tensors are known to lie in the file. Everything comes by calls that
/// say so where the disk fails or the file was cut.
///
/// ```swift
/// let file = try SafetensorsFile(URL(filePath: "encoder.safetensors"))
/// let weight = try file.tensor(named: "patch_embed.proj.weight")
/// ```
public struct SafetensorsFile: Sendable {
  public let url: URL
  /// The strings under `__metadata__`.
  public let metadata: [String: String]
  /// The tensors in the order of their bytes.
  public let entries: [SafetensorsEntry]
  private let positions: [String: Int]
  let opened: OpenFile
  /// The byte after the header.
  let dataStart: Int

  /// - Throws: ``SafetensorsError`` if the file cannot be read or its header is not sound.
  public init(_ url: URL) throws {
    let opened = try OpenFile(url)
    let file = url.path
    let pointer = Array("version https://git-lfs".utf8)
    let first = try opened.bytes(0..<min(opened.count, pointer.count))
    let headerLength = first.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if first == pointer {
      throw SafetensorsError(
        file: file, reason: "is a Git LFS pointer, not the file itself; run git lfs pull")
    }
    guard opened.count >= 8 else {
      throw SafetensorsError(
        file: file, reason: "has \(opened.count) bytes; a safetensors file begins with 8 of length"
      )
    }
    guard headerLength <= UInt64(SafetensorsHeader.maximumLength) else {
      throw SafetensorsError(
        file: file,
        reason: "claims a header of \(headerLength) bytes, more than the format's "
          + "\(SafetensorsHeader.maximumLength); this is not a safetensors file")
    }
    let dataStart = 8 + Int(headerLength)
    guard dataStart <= opened.count else {
      throw SafetensorsError(
        file: file,
        reason: "claims a header of \(headerLength) bytes but has only \(opened.count) in "
          + "all; the file is truncated: copy or download it again")
    }
    let json = try opened.bytes(8..<dataStart)
    let header = try SafetensorsHeader(
      parsing: json, dataCount: opened.count - dataStart, file: file)
    self.url = url
    self.opened = opened
    self.dataStart = dataStart
    metadata = header.metadata
    entries = header.entries
    positions = Dictionary(
      header.entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensors' names in the order of their bytes.
  public var names: [String] { entries.map(\.name) }

  public func contains(_ name: String) -> Bool { positions[name] != nil }

  /// What the header says of a tensor.
  /// - Throws: ``SafetensorsError`` if there is none of that name.
  public func entry(named name: String) throws -> SafetensorsEntry {
    guard let position = positions[name] else {
      throw SafetensorsError(
        file: url.path, tensor: name, reason: "is not in the file" + nearest(to: name))
    }
    return entries[position]
  }

  /// - Throws: ``SafetensorsError`` if there is no tensor of that name.
  public func shape(of name: String) throws -> [Int] { try entry(named: name).shape }

  /// - Throws: ``SafetensorsError`` if there is no tensor of that name.
  public func dtype(of name: String) throws -> SafetensorsDType { try entry(named: name).dtype }

  /// A copy of a tensor's bytes as they are in the file (little-endian, row-major), for the call's duration.
  ///
  /// - Throws: ``SafetensorsError`` if there is none of that name, or the file was shortened since.
  public func withUnsafeBytes<R>(
    named name: String, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    try bytes(named: name).withUnsafeBytes { try body($0) }
  }

  /// A copy of a tensor's bytes.
  /// - Throws: as ``withUnsafeBytes(named:_:)``.
  public func bytes(named name: String) throws -> [UInt8] {
    let range = try entry(named: name).byteRange
    return try opened.bytes(dataStart + range.lowerBound..<dataStart + range.upperBound)
  }

  private func nearest(to name: String) -> String {
    if entries.isEmpty { return "; the file has no tensors" }
    let last = name.split(separator: ".").suffix(2).joined(separator: ".")
    let like = names.first { $0.hasSuffix(last) } ?? names[0]
    return "; it has \(entries.count) others, \"\(like)\" for instance"
  }
}

/// A file that is open for reading, by calls that say so where the disk fails; touching a page of a mapping would end the
/// process.
final class OpenFile: Sendable {
  let count: Int
  private let path: String
  private let descriptor: Int32

  init(_ url: URL) throws {
    path = url.path
    // A pipe must not block the opening.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      let code = errno
      count = 0
      throw SafetensorsError(
        file: path, reason: "cannot be opened: \(String(cString: strerror(code)))",
        systemCode: code)
    }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    count = isRegular ? Int(status.st_size) : 0
    guard isRegular else { throw SafetensorsError(file: path, reason: "is not a regular file") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Some of its bytes.
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try requireRoom(for: range)
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      let wanted = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: range.count)
      try read(into: wanted, at: range.lowerBound)
      count = range.count
    }
  }

  /// Memory is taken for what is there: a file may have been cut since it was opened.
  func requireRoom(for range: Range<Int>) throws {
    var status = stat()
    if fstat(descriptor, &status) != 0 || Int(status.st_size) < range.upperBound {
      throw SafetensorsError(file: path, reason: "was shortened while it was open")
    }
  }

  /// Copies bytes from `offset` on.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        let code = errno
        throw SafetensorsError(
          file: path, reason: "cannot be read: \(String(cString: strerror(code)))", systemCode: code
        )
      }
      guard count > 0 else {
        throw SafetensorsError(file: path, reason: "was shortened while it was open")
      }
      done += count
    }
  }
}
