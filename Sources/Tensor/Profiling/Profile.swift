import Foundation

/// What the operators of a piece of work took.
public struct Profile: Sendable {
  public let events: [ProfileEvent]
  /// Nanoseconds, on the events' clock.
  public let start: UInt64
  public let end: UInt64

  /// The calls of one operator with one detail, in one direction.
  public struct Operator: Sendable {
    public let name: String
    public let detail: String
    public let isBackward: Bool
    public internal(set) var calls = 0
    /// On all threads together, without the operators that it called.
    public internal(set) var seconds = 0.0
    public internal(set) var flops = 0
    public internal(set) var bytes = 0
  }

  /// Wall time.
  public var seconds: Double { Double(end - start) * 1e-9 }

  /// Totals by operator, the costliest first.
  public var operators: [Operator] {
    struct Key: Hashable {
      let name: String
      let detail: String
      let isBackward: Bool
    }
    var totals: [Key: Operator] = [:]
    for event in events {
      guard case .forOperator(let flops, let bytes) = event.kind else { continue }
      let key = Key(name: event.name, detail: event.detail, isBackward: event.isBackward)
      var total =
        totals[key]
        ?? Operator(name: event.name, detail: event.detail, isBackward: event.isBackward)
      total.calls += 1
      total.seconds += Double(event.end - event.start - event.called) * 1e-9
      total.flops += flops
      total.bytes += bytes
      totals[key] = total
    }
    return totals.values.sorted { ($0.seconds, $0.detail) > ($1.seconds, $1.detail) }
  }

  /// The events in the Trace Event Format, for chrome://tracing and Perfetto.
  public func chromeTrace() throws -> Data {
    let threads = Dictionary(
      uniqueKeysWithValues: Set(events.map(\.thread)).sorted().enumerated().map { ($1, $0 + 1) })
    let records = events.map { event in
      var arguments: [String: Double] = [:]
      if case .forOperator(let flops, let bytes) = event.kind {
        arguments = ["bytes": Double(bytes)]
        if flops > 0 {
          arguments["GFLOP/s"] = Double(flops) / Double(max(1, event.end - event.start))
        }
      }
      return TraceRecord(
        name: event.detail.isEmpty ? event.name : "\(event.name) \(event.detail)",
        cat: event.isBackward ? "backward" : "forward", ph: "X",
        ts: Double(event.start - min(start, event.start)) * 1e-3,
        dur: Double(event.end - event.start) * 1e-3, pid: 1, tid: threads[event.thread] ?? 0,
        args: arguments)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(["traceEvents": records])
  }

  /// Field names as the format has them; times in microseconds.
  private struct TraceRecord: Encodable {
    let name: String
    let cat: String
    let ph: String
    let ts: Double
    let dur: Double
    let pid: Int
    let tid: Int
    let args: [String: Double]
  }
}
