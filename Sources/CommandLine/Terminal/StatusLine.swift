import Foundation
import JEPATensor

/// Shows on a terminal how far a count has come, in one line that disappears at the end; says nothing
/// elsewhere.
struct StatusLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var last = -Double.infinity

  /// `title 640/1000`, at most ten times a second.
  mutating func show(_ title: String, _ done: Int, of total: Int) {
    let now = ProcessInfo.processInfo.systemUptime
    guard isTerminal, now - last >= 0.1 || done == total else { return }
    last = now
    write("\r\(TerminalText.line(title)) \(done)/\(total)\u{1B}[K")
  }

  /// Shows a text without a count.
  func show(_ text: String) {
    if isTerminal { write("\r\(TerminalText.line(text))\u{1B}[K") }
  }

  func clear() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) { StandardErrorLog.print(text) }
}
