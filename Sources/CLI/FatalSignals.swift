import Foundation
import JEPATensor

/// Memory that was refused to a library or to Swift's runtime, which end the process by a signal then.
///
/// Neither asks whoever called it. What they leave is the thread's `errno`, which is ENOMEM when the signal comes: the
/// process then ends with a line and status 1. All other crashes stay what they were.
enum FatalSignals {
  private static let numbers: [Int32] = [SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP]
  private static let line: StaticString = """
    jepa: out of memory: the system refused memory to a library or to Swift's runtime; lower data.batch_size, \
    meta.threads, data.num_workers or the model's size, or raise the limit; what a run has saved is intact

    """
  /// The actions before ours, by number: made before a handler may need them.
  nonisolated(unsafe) private static let earlier: UnsafeMutablePointer<sigaction> = {
    let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: 64)
    actions.initialize(repeating: sigaction(), count: 64)
    return actions
  }()

  /// To be called once, at the start.
  static func listen() {
    for number in numbers {
      var action = sigaction()
      action.sa_flags = SA_ONSTACK
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { FatalSignals.handle($0) }
      #else
        action.__sigaction_handler.sa_handler = { FatalSignals.handle($0) }
      #endif
      sigaction(number, &action, earlier + Int(number))
    }
    // What the handler reads is made now.
    _ = line.utf8CodeUnitCount
    OutOfMemory.prepare()
  }

  /// In a signal's handler: nothing here allocates or locks.
  private static func handle(_ number: Int32) {
    if errno == ENOMEM {
      _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
      _exit(1)
    }
    // As if we had not been there: it comes again as soon as this returns.
    sigaction(number, earlier + Int(number), nil)
    raise(number)
  }
}
