import Foundation
import Synchronization

/// Signals that ask a run to save itself and end.
///
/// After ``listen()``, SIGTERM, SIGHUP, SIGUSR1 (which Slurm sends ahead of the end with `--signal=USR1@60`) and the
/// first SIGINT no longer end the process but are remembered; hand ``received`` to
/// ``TrainingCallbacks/shouldStop``. A second SIGINT ends the process as it always did.
///
/// ```swift
/// StopSignals.listen()
/// callbacks.shouldStop = { StopSignals.received != nil }
/// ```
///
/// Listen before data and checkpoints are read: ``TrainingRun/run(_:)`` asks before its first step too.
public enum StopSignals {
  /// The signals listened to.
  public static let numbers: [Int32] = [SIGTERM, SIGUSR1, SIGINT, SIGHUP]

  private static let last = Atomic<Int32>(0)
  /// What ``endAtOnce(status:saying:)`` was given, where a signal's handler can read it.
  private static let farewell = Atomic<UInt>(0)

  private struct Farewell {
    let status: Int32
    /// A line for each of ``numbers``.
    let lines: (Line, Line, Line, Line)

    typealias Line = UnsafeMutableBufferPointer<UInt8>
  }

  /// The latest of them, if one has come.
  public static var received: Int32? {
    let number = last.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// `SIGTERM`, `SIGUSR1`, `SIGINT` or `SIGHUP`.
  public static func name(of number: Int32) -> String {
    switch number {
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    case SIGINT: "SIGINT"
    case SIGHUP: "SIGHUP"
    default: "signal \(number)"
    }
  }

  /// Begins to listen, for the whole process. A signal that the process was started to ignore stays ignored.
  ///
  /// One that has come earlier stays ``received``.
  public static func listen() {
    // Made before a handler may need it: a handler must not.
    _ = last.load(ordering: .relaxed)
    setAction { number in
      if number == SIGINT { signal(SIGINT, SIG_DFL) }
      StopSignals.last.store(number, ordering: .relaxed)
    }
  }

  /// From now on they end the process at once, with a line on standard error: for work that nobody can save, or that
  /// the next start does again.
  ///
  /// - Parameters:
  ///   - status: what the process ends with.
  ///   - advice: follows `jepa: stopped by SIGTERM; ` in the line.
  public static func endAtOnce(status: Int32, saying advice: String) {
    func line(_ number: Int32) -> Farewell.Line {
      let text = Array("jepa: stopped by \(name(of: number)); \(advice)\n".utf8)
      let line = Farewell.Line.allocate(capacity: text.count)
      _ = line.initialize(from: text)
      return line
    }
    // Kept for ever: a handler may be reading what was there before.
    let place = UnsafeMutablePointer<Farewell>.allocate(capacity: 1)
    place.initialize(
      to: Farewell(
        status: status,
        lines: (line(numbers[0]), line(numbers[1]), line(numbers[2]), line(numbers[3]))))
    farewell.store(UInt(bitPattern: place), ordering: .releasing)
    setAction { number in StopSignals.sayFarewell(number) }
  }

  /// Signals end the process again, since nobody asks for ``received`` any longer, which stays what it is. They
  /// get their default action, also where they had another one before ``listen()``.
  public static func stopListening() { setAction(SIG_DFL) }

  /// In a signal's handler: nothing here allocates or locks.
  private static func sayFarewell(_ number: Int32) {
    let address = farewell.load(ordering: .acquiring)
    guard let place = UnsafePointer<Farewell>(bitPattern: address) else { _exit(1) }
    let lines = place.pointee.lines
    let line =
      switch number {
      case SIGTERM: lines.0
      case SIGUSR1: lines.1
      case SIGINT: lines.2
      default: lines.3
      }
    _ = write(STDERR_FILENO, line.baseAddress, line.count)
    _exit(place.pointee.status)
  }

  /// For all of them that are not ignored.
  private static func setAction(_ action: (@convention(c) (Int32) -> Void)?) {
    for number in numbers {
      let earlier = signal(number, action)
      if unsafeBitCast(earlier, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
  }
}
