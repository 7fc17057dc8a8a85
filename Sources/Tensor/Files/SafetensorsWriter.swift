import Foundation

/// Writes a safetensors file piece by piece: names, types and shapes first, then values in any order
/// between the tensors, so that no file has to fit in memory.
///
/// The bytes go to a temporary file in the same folder; ``finish()`` brings them to the disk and gives
/// them their name, so that at no time a reader sees half a file. A writer that goes away unfinished,
/// or fails, removes the temporary file and leaves what was there before.
///
/// Equal content gives equal bytes, the same as those of the format's own library: tensors by falling
/// element size, then name (each begins at a multiple of its element's size), metadata by key.
///
/// ```swift
/// let writer = try SafetensorsWriter(
///   to: url, tensors: [.init(name: "tokens", dtype: .float32, shape: [images, 64, 192])])
/// for batch in batches { try writer.append(encoder(batch), to: "tokens") }
/// try writer.finish()
/// ```
public final class SafetensorsWriter {
  /// A tensor to come.
  public struct Declaration: Sendable, Hashable {
    public let name: String
    public let dtype: SafetensorsDType
    public let shape: [Int]

    public init(name: String, dtype: SafetensorsDType, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }
  }

  private let url: URL
  private let entries: [String: SafetensorsEntry]
  private let dataStart: Int
  private var written: [String: Int] = [:]
  private let file: PartialFile
  /// The checksum of the header, where its digits go, and the checksums of the tensors' bytes so far;
  /// nil where the file carries none.
  private var checksum: (header: UInt32, digits: Range<Int>, tensors: [String: CRC32C])?

  /// Creates the temporary file and writes the header.
  ///
  /// - Parameter checksummed: whether the file carries a CRC-32C of itself, as metadata `checksum`, which
  ///   ``SafetensorsFile/verifyChecksum()`` compares.
  /// - Parameter isNamedByUser: whether a user named the file: then a link's target is replaced and not the link, and a
  ///   device is written to.
  /// - Throws: ``SafetensorsError`` if a declaration cannot be stored (a name twice, a shape that
  ///   overflows) or the folder cannot be written to.
  public init(
    to url: URL, tensors: [Declaration], metadata: [String: String] = [:],
    checksummed: Bool = false, isNamedByUser: Bool = false
  ) throws {
    let metadata =
      checksummed
      ? metadata.merging([SafetensorsChecksum.key: SafetensorsChecksum.blank]) { $1 } : metadata
    let rank = Dictionary(
      uniqueKeysWithValues: SafetensorsDType.allCases.enumerated().map { ($1, $0) })
    let ordered = tensors.sorted { a, b in
      let (x, y) = (rank[a.dtype] ?? 0, rank[b.dtype] ?? 0)
      return x != y ? x > y : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }
    var end = 0
    var entries: [SafetensorsEntry] = []
    var byName: [String: SafetensorsEntry] = [:]
    for tensor in ordered {
      func fail(_ reason: String) -> SafetensorsError {
        SafetensorsError(file: url.path, tensor: tensor.name, reason: reason)
      }
      if tensor.name == SafetensorsHeader.metadataKey {
        throw fail("has the name the format keeps for metadata; choose another")
      }
      guard let count = tensor.dtype.byteCount(of: tensor.shape),
        case let (sum, overflow) = end.addingReportingOverflow(count), !overflow
      else {
        throw fail(
          "has shape \(tensor.shape), which as \(tensor.dtype.rawValue) overflows or does not "
            + "fill whole bytes")
      }
      let entry = SafetensorsEntry(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, byteRange: end..<sum)
      entries.append(entry)
      if byName.updateValue(entry, forKey: tensor.name) != nil {
        throw fail("is given twice; names must differ")
      }
      end = sum
    }
    let strings = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    let header =
      strings > SafetensorsHeader.maximumLength
      ? [] : SafetensorsHeader(entries: entries, metadata: metadata).serialized()
    if max(strings, header.count - 8) > SafetensorsHeader.maximumLength {
      throw SafetensorsError(
        file: url.path,
        reason:
          "needs a header of more than the format's \(SafetensorsHeader.maximumLength) bytes; "
          + "write less metadata or several files")
    }
    self.url = url
    self.entries = byName
    dataStart = header.count
    if checksummed, let digits = SafetensorsChecksum.digits(in: header) {
      checksum = (CRC32C.checksum(header), digits, [:])
    }
    do {
      file = try PartialFile(for: url.path, isNamedByUser: isNamedByUser)
      try header.withUnsafeBytes { try file.write($0, at: 0) }
    } catch let failure as PartialFile.Failure {
      throw Self.error(url, failure)
    }
  }

  /// Appends values to those of tensor `name` written so far.
  ///
  /// - Parameter values: any shape; the type must be the declared one.
  /// - Throws: ``SafetensorsError``; the file is given up then.
  public func append(_ values: Tensor, to name: String) throws {
    let dtype = SafetensorsDType(values.dtype)
    if let entry = entries[name], entry.dtype != dtype {
      file.abandon()
      throw SafetensorsError(
        file: url.path, tensor: name,
        reason: "is declared as \(entry.dtype.rawValue) and given \(dtype.rawValue); cast it first")
    }
    try values.withUnsafeBytes { try append(bytes: $0, to: name) }
  }

  /// Appends bytes (little-endian, row-major) to those of tensor `name` written so far.
  ///
  /// - Throws: ``SafetensorsError``; the file is given up then.
  public func append(bytes: UnsafeRawBufferPointer, to name: String) throws {
    do {
      guard let entry = entries[name] else {
        throw SafetensorsError(file: url.path, tensor: name, reason: "was not declared")
      }
      let start = written[name, default: 0]
      if start + bytes.count > entry.byteRange.count {
        throw SafetensorsError(
          file: url.path, tensor: name,
          reason: "is given \(start + bytes.count) bytes, but shape \(entry.shape) of "
            + "\(entry.dtype.rawValue) takes \(entry.byteRange.count)")
      }
      try write(bytes, at: dataStart + entry.byteRange.lowerBound + start)
      written[name] = start + bytes.count
      checksum?.tensors[name, default: CRC32C()].update(bytes)
    } catch {
      file.abandon()
      throw error
    }
  }

  /// Brings everything to the disk and puts the file in its place.
  ///
  /// - Throws: ``SafetensorsError`` if values are missing or the system refuses; the file is given up
  ///   then.
  public func finish() throws {
    defer { file.abandon() }
    try requireOpen()
    for (name, entry) in entries.sorted(by: { $0.key < $1.key })
    where written[name, default: 0] < entry.byteRange.count {
      throw SafetensorsError(
        file: url.path, tensor: name,
        reason: "got \(written[name, default: 0]) of its \(entry.byteRange.count) bytes")
    }
    if let checksum {
      let whole = entries.values.filter { !$0.byteRange.isEmpty }
        .sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
        .reduce(checksum.header) { crc, entry in
          let part = checksum.tensors[entry.name, default: CRC32C()].value
          return CRC32C.combined(crc, part, count: entry.byteRange.count)
        }
      try SafetensorsChecksum.text(of: whole).withUnsafeBytes {
        try write($0, at: checksum.digits.lowerBound)
      }
    }
    do throws(PartialFile.Failure) { try file.commit() } catch { throw Self.error(url, error) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try requireOpen()
    do throws(PartialFile.Failure) {
      try file.write(bytes, at: offset)
    } catch {
      throw Self.error(url, error)
    }
  }

  private func requireOpen() throws {
    if file.isOpen { return }
    throw SafetensorsError(file: url.path, reason: "was finished or given up before")
  }

  private static func error(_ url: URL, _ failure: PartialFile.Failure) -> SafetensorsError {
    let what =
      switch failure.step {
      case .create, .write: "cannot be written"
      case .sync: "cannot be brought to the disk"
      case .rename: "cannot be put in its place"
      case .syncFolder: "has a folder that cannot be brought to the disk"
      }
    return SafetensorsError(file: url.path, reason: "\(what): \(failure.reason)")
  }
}

/// Writing of whole safetensors files.
public enum Safetensors {
  /// Writes tensors, and integers as I64, to a file; see ``SafetensorsWriter`` for how.
  ///
  /// - Throws: ``SafetensorsError``; a file that was there before is still there then.
  public static func write(
    tensors: [(String, Tensor)],
    integers: [(name: String, shape: [Int], values: [Int64])] = [],
    metadata: [String: String] = [:], to url: URL, isNamedByUser: Bool = false
  ) throws {
    let writer = try SafetensorsWriter(
      to: url,
      tensors: tensors.map { .init(name: $0, dtype: .init($1.dtype), shape: $1.shape) }
        + integers.map { .init(name: $0.name, dtype: .int64, shape: $0.shape) },
      metadata: metadata, isNamedByUser: isNamedByUser)
    for (name, tensor) in tensors { try writer.append(tensor, to: name) }
    for (name, _, values) in integers {
      try values.map(\.littleEndian).withUnsafeBytes { try writer.append(bytes: $0, to: name) }
    }
    try writer.finish()
  }
}
