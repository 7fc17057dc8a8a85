import Foundation
import JEPA

/// A profile of several steps as a table: what an operator takes in one step, all threads together.
struct ProfileTable {
  let profile: Profile
  let steps: Int
  /// Operators below this part of the whole are summed up in one line.
  var leastShare = 0.003

  init(_ profile: Profile, steps: Int) {
    self.profile = profile
    self.steps = steps
  }

  var text: String {
    let operators = profile.operators
    let threads = Set(profile.events.map(\.thread)).count
    let available = profile.seconds * Double(max(1, threads))
    let spent = operators.reduce(0) { $0 + $1.seconds }
    let shown = operators.filter { $0.seconds >= available * leastShare }
    let rest = operators.filter { $0.seconds < available * leastShare }
    var lines = [
      "",
      Self.line("operator", "pass", "calls", "ms", "share", "GFLOP/s", "GB/s"),
    ]
    lines += shown.map { item in
      row(
        item.detail.isEmpty ? item.name : "\(item.name) \(item.detail)",
        item.isBackward ? "backward" : "forward", calls: item.calls, seconds: item.seconds,
        flops: item.flops, bytes: item.bytes, available)
    }
    lines.append(
      row(
        "\(rest.count) others", "", calls: rest.reduce(0) { $0 + $1.calls },
        seconds: rest.reduce(0) { $0 + $1.seconds }, flops: 0, bytes: 0, available))
    lines.append(
      row(
        "between operators", "", calls: 0, seconds: available - spent, flops: 0, bytes: 0,
        available))
    lines.append(
      String(
        format: "%.1f ms a step on %d %@; times are of all threads together, shares of %.1f ms",
        profile.seconds / Double(steps) * 1e3, threads, threads == 1 ? "thread" : "threads",
        available / Double(steps) * 1e3))
    return lines.joined(separator: "\n")
  }

  private func row(
    _ name: String, _ pass: String, calls: Int, seconds: Double, flops: Int, bytes: Int,
    _ available: Double
  ) -> String {
    Self.line(
      name, pass, calls > 0 ? "\(calls / steps)" : "",
      String(format: "%.2f", seconds / Double(steps) * 1e3),
      String(format: "%.1f %%", seconds / available * 100),
      flops > 0 ? String(format: "%.0f", Double(flops) / seconds * 1e-9) : "",
      bytes > 0 ? String(format: "%.1f", Double(bytes) / seconds * 1e-9) : "")
  }

  private static func line(
    _ name: String, _ pass: String, _ calls: String, _ milliseconds: String, _ share: String,
    _ flops: String, _ bytes: String
  ) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return left(name, 28) + left(pass, 9) + right(calls, 7) + right(milliseconds, 10)
      + right(share, 9) + right(flops, 9) + right(bytes, 8)
  }
}
