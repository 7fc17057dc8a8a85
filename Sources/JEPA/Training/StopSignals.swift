import Foundation
import Synchronization

/// Signals that ask a run to save itself and end.
///
/// After ``listen()``, SIGTERM, SIGUSR1 (which Slurm sends ahead of the end with `--signal=USR1@60`) and the
/// first SIGINT no longer end the process but are remembered; hand ``received`` to
/// ``TrainingCallbacks/shouldStop``. A second SIGINT ends the process as it always did.
///
/// ```swift
/// StopSignals.listen()
/// callbacks.shouldStop = { StopSignals.received != nil }
/// ```
public enum StopSignals {
  /// The signals listened to.
  public static let numbers: [Int32] = [SIGTERM, SIGUSR1, SIGINT]

  private static let last = Atomic<Int32>(0)

  /// The latest of them, if one has come.
  public static var received: Int32? {
    let number = last.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// `SIGTERM`, `SIGUSR1` or `SIGINT`.
  public static func name(of number: Int32) -> String {
    switch number {
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    case SIGINT: "SIGINT"
    default: "signal \(number)"
    }
  }

  /// Begins to listen, for the whole process. A signal that the process was started to ignore stays ignored.
  public static func listen() {
    // Made before a handler may need it: a handler must not.
    last.store(0, ordering: .relaxed)
    setAction { number in
      if number == SIGINT { signal(SIGINT, SIG_DFL) }
      StopSignals.last.store(number, ordering: .relaxed)
    }
  }

  /// Signals end the process again, since nobody asks for ``received`` any longer, which stays what it is. They
  /// get their default action, also where they had another one before ``listen()``.
  public static func stopListening() { setAction(SIG_DFL) }

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
