import JEPATensor

/// What other code has to say while a progress line is drawn: kept until it can be shown, and each
/// line once.
final class Notices: Sendable {
  private struct State {
    var seen = Set<String>()
    var waiting: [String] = []
  }

  private let state = Lock(State())

  func add(_ line: String) {
    state.withLock { state in
      if state.seen.insert(line).inserted { state.waiting.append(line) }
    }
  }

  /// The lines that are new since the last call.
  func take() -> [String] {
    state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
  }
}
