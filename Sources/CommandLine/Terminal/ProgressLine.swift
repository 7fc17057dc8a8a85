import Foundation
import JEPATensor

/// Shows how far training is: one line that redraws itself on a terminal, plain lines elsewhere.
///
/// ```
/// epoch 2/8 [=====>          ]  34 %  1312 images/s  2:05 left  loss 0.0412  lr 0.001
/// ```
struct ProgressLine {
  /// What is known after a step.
  struct State {
    /// Counted from 1.
    var epoch: Int
    var epochs: Int
    /// Steps taken, those before a resume included.
    var step: Int
    var steps: Int
    /// Further numbers, in the order in which they are shown.
    var values: [(name: String, value: Double)] = []
  }

  /// Whether the line is redrawn in place.
  let isTerminal: Bool
  /// Steps between plain lines.
  let interval: Int
  /// Images per step.
  let batchSize: Int
  private let now: () -> Double
  private let columns: () -> Int
  private let write: (String) -> Void
  private var first: (step: Int, time: Double)
  private var paused = 0.0
  private var drawn: (text: String, time: Double)?

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - step: steps that an earlier run has taken; the rate leaves them out.
  ///   - isSilent: whether nothing is shown at all.
  ///   - now: seconds, from any origin.
  init(
    batchSize: Int, interval: Int, step: Int = 0, isSilent: Bool = false,
    isTerminal: Bool = isatty(STDERR_FILENO) == 1,
    now: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime },
    columns: @escaping () -> Int = ProgressLine.terminalColumns,
    write: @escaping (String) -> Void = StandardErrorLog.print
  ) {
    self.batchSize = batchSize
    self.interval = max(1, interval)
    self.isTerminal = isTerminal
    self.now = now
    self.columns = columns
    self.write = isSilent ? { _ in } : write
    first = (step, now())
  }

  /// Shows the state after a step: at most ten times a second on a terminal, at every `interval`th
  /// step and the last one elsewhere.
  mutating func update(_ state: State) {
    let time = now()
    let isLast = state.step == state.steps
    if isTerminal {
      if let drawn, time - drawn.time < 0.1, !isLast { return }
      let text = render(state, time: time, columns: columns())
      write("\r" + text + "\u{1B}[K")
      drawn = (text, time)
    } else if state.step % interval == 0 || isLast {
      write(render(state, time: time, columns: nil) + "\n")
    }
  }

  /// Writes a line of its own above the progress.
  mutating func note(_ text: String) {
    let text = TerminalText.line(text)
    if isTerminal {
      write("\r\u{1B}[K" + text + "\n" + (drawn?.text ?? ""))
    } else {
      write(text + "\n")
    }
  }

  /// Runs `body`, evaluation for instance, without counting its time towards the rate.
  mutating func pausing<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = now()
    defer { paused += now() - start }
    return try body()
  }

  /// Ends the redrawn line.
  mutating func finish() {
    if drawn != nil { write("\n") }
    drawn = nil
  }

  /// The line's text; the bar gets what is left of `columns`, and is left out where that is `nil`.
  func render(_ state: State, time: Double, columns: Int?) -> String {
    let seconds = time - first.time - paused
    let taken = state.step - first.step
    let rate = taken > 0 && seconds > 0 ? Double(taken) / seconds : nil
    let part = state.steps > 0 ? Double(state.step) / Double(state.steps) : 1
    let head = "epoch " + Self.fraction(state.epoch, of: state.epochs)
    var fields = [Self.right("\(Int(bounded: part * 100))", 3) + " %"]
    if columns == nil { fields.insert("step " + Self.fraction(state.step, of: state.steps), at: 0) }
    if let rate {
      fields.append("\(Self.rate(rate * Double(batchSize))) images/s")
      let left = Double(state.steps - state.step) / rate
      fields.append(state.step == state.steps ? "done" : "\(Self.duration(left)) left")
    }
    fields += state.values.map { "\($0.name) \(Self.significant($0.value))" }
    let tail = fields.joined(separator: "  ")
    guard let columns else { return head + "  " + tail }
    // One column stays free, so that the terminal does not wrap.
    let room = columns - 1 - head.count - tail.count - 4
    if room < 5 { return String((head + "  " + tail).prefix(max(0, columns - 1))) }
    // Steps of five, so that a digit more or less does not move the line.
    return "\(head) [\(Self.bar(part, width: min(30, room / 5 * 5)))] \(tail)"
  }

  static func bar(_ part: Double, width: Int) -> String {
    let filled = min(width, max(0, Int(bounded: part * Double(width))))
    if filled == width { return String(repeating: "=", count: width) }
    return String(repeating: "=", count: filled) + ">"
      + String(repeating: " ", count: width - filled - 1)
  }

  /// `m:ss`, or `h:mm:ss` from an hour on.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = max(0, Int(bounded: seconds.rounded()))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    let rest = two(total % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(rest)" : "\(minutes):\(rest)"
  }

  /// Four significant digits, trailing zeros included, so that the columns stay in place; whole
  /// numbers from 1,000 on.
  static func significant(_ value: Double) -> String {
    if value == 0 || !value.isFinite { return String(format: "%g", value) }
    if abs(value) >= 999.95, abs(value) < 1e9 { return "\(Int(bounded: value.rounded()))" }
    return String(format: "%#.4g", value)
  }

  /// Whole numbers from 100 on, one decimal below.
  static func rate(_ value: Double) -> String {
    value.isFinite ? String(format: value < 99.95 ? "%.1f" : "%.0f", value) : "?"
  }

  private static func fraction(_ value: Int, of total: Int) -> String {
    right("\(value)", "\(total)".count) + "/\(total)"
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// The terminal's width; 80 where it is unknown.
  static func terminalColumns() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
