import Foundation

/// A safetensors file opened for reading.
///
/// The file is mapped into memory, so one larger than memory opens at once and only the tensors asked
/// for are read. Opening checks the whole header; after that the tensors are known to lie in the file.
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
  let mapping: FileMapping
  /// The byte after the header.
  let dataStart: Int

  /// - Throws: ``SafetensorsError`` if the file cannot be read or its header is not sound.
  public init(_ url: URL) throws {
    let mapping = try FileMapping(url)
    let file = url.path
    let start: (headerLength: UInt64, isPointer: Bool) = mapping.withBytes { bytes in
      let length = bytes.count < 8 ? 0 : bytes.loadUnaligned(as: UInt64.self).littleEndian
      return (length, bytes.starts(with: Array("version https://git-lfs".utf8)))
    }
    if start.isPointer {
      throw SafetensorsError(
        file: file, reason: "is a Git LFS pointer, not the file itself; run git lfs pull")
    }
    guard mapping.count >= 8 else {
      throw SafetensorsError(
        file: file, reason: "has \(mapping.count) bytes; a safetensors file begins with 8 of length"
      )
    }
    guard start.headerLength <= UInt64(SafetensorsHeader.maximumLength) else {
      throw SafetensorsError(
        file: file,
        reason: "claims a header of \(start.headerLength) bytes, more than the format's "
          + "\(SafetensorsHeader.maximumLength); this is not a safetensors file")
    }
    let dataStart = 8 + Int(start.headerLength)
    guard dataStart <= mapping.count else {
      throw SafetensorsError(
        file: file,
        reason: "claims a header of \(start.headerLength) bytes but has only \(mapping.count) in "
          + "all; the file is truncated: copy or download it again")
    }
    let json = mapping.withBytes { Array($0[8..<dataStart]) }
    let header = try SafetensorsHeader(
      parsing: json, dataCount: mapping.count - dataStart, file: file)
    self.url = url
    self.mapping = mapping
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

  /// A tensor's bytes as they are in the file (little-endian, row-major), for the call's duration.
  ///
  /// They may begin at any address; use `loadUnaligned`.
  /// - Throws: ``SafetensorsError`` if there is none of that name, or the file was shortened since.
  public func withUnsafeBytes<R>(
    named name: String, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let range = try entry(named: name).byteRange
    try mapping.check(through: dataStart + range.upperBound)
    return try mapping.withBytes {
      try body(
        UnsafeRawBufferPointer(
          rebasing: $0[(dataStart + range.lowerBound)..<(dataStart + range.upperBound)]))
    }
  }

  /// A copy of a tensor's bytes.
  /// - Throws: as ``withUnsafeBytes(named:_:)``.
  public func bytes(named name: String) throws -> [UInt8] {
    try withUnsafeBytes(named: name) { Array($0) }
  }

  private func nearest(to name: String) -> String {
    if entries.isEmpty { return "; the file has no tensors" }
    let last = name.split(separator: ".").suffix(2).joined(separator: ".")
    let like = names.first { $0.hasSuffix(last) } ?? names[0]
    return "; it has \(entries.count) others, \"\(like)\" for instance"
  }
}

/// A file's bytes in memory, read from the disk as they are touched.
final class FileMapping: @unchecked Sendable {
  let count: Int
  private let path: String
  private let descriptor: Int32
  private let base: UnsafeMutableRawPointer?

  init(_ url: URL) throws {
    let path = url.path
    func failure(_ action: String, _ code: Int32) -> SafetensorsError {
      SafetensorsError(
        file: path, reason: "cannot be \(action): \(String(cString: strerror(code)))",
        systemCode: code)
    }
    // A pipe must not block the opening.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw failure("opened", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw SafetensorsError(file: path, reason: "is not a regular file")
    }
    count = Int(status.st_size)
    if count == 0 {
      base = nil
    } else {
      let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard let address, address != MAP_FAILED else {
        let code = errno
        close(descriptor)
        throw failure("mapped into memory", code)
      }
      base = address
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    if let base { munmap(base, count) }
    close(descriptor)
  }

  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: base, count: count)) }
  }

  /// Copies bytes by reading, which says so where the disk fails; touching a page would end the process.
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

  /// Touching pages behind the end of a file that another process has cut kills the process, so the
  /// length is looked at again before each read.
  func check(through end: Int) throws {
    var status = stat()
    if fstat(descriptor, &status) != 0 || Int(status.st_size) < end {
      throw SafetensorsError(file: path, reason: "was shortened while it was open")
    }
  }
}
