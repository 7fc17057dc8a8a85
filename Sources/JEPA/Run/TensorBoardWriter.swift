import Foundation

/// Writes scalars and pictures to an event file that TensorBoard opens.
///
/// An event file is a sequence of records, each a length, the length's masked checksum, a
/// serialised `tensorflow.Event`, and that message's masked checksum. Each record reaches the file
/// as soon as it is written.
public struct TensorBoardWriter: Sendable {
  /// The event file.
  public var path: String { file.path }
  private let file: AppendOnlyFile

  /// Starts a new event file in `folder`, which must exist.
  ///
  /// - Parameters:
  ///   - resumedStep: the last step that a resumed run keeps. TensorBoard then drops what the
  ///     folder's earlier files say of later steps.
  ///   - time: seconds since 1970.
  /// - Throws: `FileError`.
  public init(
    folder: String, resumedStep: Int? = nil, time: Double = Date().timeIntervalSince1970
  ) throws {
    // TensorBoard reads the files of a folder in the order of their names.
    let seconds = String(Int(time))
    let padded = String(repeating: "0", count: max(0, 10 - seconds.count)) + seconds
    file = try AppendOnlyFile(
      new: "\(folder)/events.out.tfevents.\(padded).\(Self.hostName).\(getpid())")
    try record(Self.versionEvent(time: time))
    if let resumedStep {
      try record(Self.restartEvent(step: resumedStep + 1, time: time))
    }
  }

  /// Adds one number to the curve `tag`.
  /// - Throws: `FileError`, as for a full disk.
  public func scalar(
    _ tag: String, _ value: Double, step: Int, time: Double = Date().timeIntervalSince1970
  ) throws {
    try record(Self.scalarEvent(tag, Float(value), step: step, time: time))
  }

  /// Adds one picture, given as the bytes of a PNG file, to the series `tag`.
  /// - Throws: `FileError`, as for a full disk.
  public func image(
    _ tag: String, png: [UInt8], width: Int, height: Int, step: Int,
    time: Double = Date().timeIntervalSince1970
  ) throws {
    try record(
      Self.imageEvent(tag, png: png, width: width, height: height, step: step, time: time))
  }

  /// Brings the records to the disk.
  /// - Throws: `FileError`.
  public func sync() throws { try file.sync() }

  private func record(_ event: [UInt8]) throws { try file.append(Self.frame(event)) }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    let known = gethostname(&name, name.count - 1) == 0
    let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return known && !text.isEmpty && !text.contains("/") ? text : "localhost"
  }
}

// The messages of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
extension TensorBoardWriter {
  /// A record: length, checksum of the length, data, checksum of the data.
  static func frame(_ data: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(data.count))
    bytes.append(littleEndian: CRC32C.masked(bytes))
    bytes += data
    bytes.append(littleEndian: CRC32C.masked(data))
    return bytes
  }

  /// The first record of every file: `file_version` (3).
  static func versionEvent(time: Double) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(1, time)
    event.string(3, "brain.Event:2")
    return event.bytes
  }

  /// `session_log` (7) with status START (1): what follows replaces `step` and later.
  static func restartEvent(step: Int, time: Double) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(1, time)
    event.integer(2, step)
    event.message(7) { $0.integer(1, 1) }
    return event.bytes
  }

  /// `summary` (5) with one value (1): `tag` (1) and `simple_value` (2).
  static func scalarEvent(_ tag: String, _ value: Float, step: Int, time: Double) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(1, time)
    event.integer(2, step)
    event.message(5) { summary in
      summary.message(1) { entry in
        entry.string(1, tag)
        entry.float(2, value)
      }
    }
    return event.bytes
  }

  /// `summary` (5) with one value (1): `tag` (1) and `image` (4), which is height (1), width (2),
  /// colour space (3; 3 is RGB) and the encoded picture (4).
  static func imageEvent(
    _ tag: String, png: [UInt8], width: Int, height: Int, step: Int, time: Double
  ) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(1, time)
    event.integer(2, step)
    event.message(5) { summary in
      summary.message(1) { entry in
        entry.string(1, tag)
        entry.message(4) { image in
          image.integer(1, height)
          image.integer(2, width)
          image.integer(3, 3)
          image.data(4, png)
        }
      }
    }
    return event.bytes
  }
}
