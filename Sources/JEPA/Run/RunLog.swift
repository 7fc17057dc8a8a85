import Foundation

/// `log.jsonl`: what happened to a run, one JSON object a line, oldest first.
///
/// Each has `time` (UTC), `event` and `step` (steps taken), and what the event needs beside them:
/// `start`, `resume`, `stop`, `finish`, `damaged-checkpoint`, `not-finite`, `loss-spike`,
/// `rank-collapse`, `dropped-rows`, `missing-rows`, `misnamed-checkpoint`. Unlike the metrics it is never shortened: steps that a resumed run takes again are
/// told again.
struct RunLog: Sendable {
  private let file: AppendOnlyFile

  /// Opens the log of a run, or begins it.
  /// - Throws: `FileError`.
  init(_ folder: RunFolder) throws {
    file = try AppendOnlyFile(creating: folder.log)
    // A machine that stopped may have left half a line.
    let bytes = try FileError.contents(of: folder.log)
    if let last = bytes.last, last != UInt8(ascii: "\n") { try file.append([UInt8(ascii: "\n")]) }
  }

  /// Adds an event.
  /// - Throws: `FileError`, as for a full disk.
  func record(_ event: String, step: Int, _ details: [String: String] = [:]) throws {
    let entry = Entry(
      time: Date.now.formatted(.iso8601), event: event, step: step, details: details)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try file.append(Array(encoder.encode(entry)) + [UInt8(ascii: "\n")])
  }

  /// Brings the events to the disk.
  /// - Throws: `FileError`.
  func sync() throws { try file.sync() }

  private struct Entry: Encodable {
    let time: String
    let event: String
    let step: Int
    let details: [String: String]

    struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(time, forKey: Key("time"))
      try container.encode(event, forKey: Key("event"))
      try container.encode(step, forKey: Key("step"))
      for (name, value) in details { try container.encode(value, forKey: Key(name)) }
    }
  }
}
