/// Adds up the gradients of parts of a batch as they come: each parameter's as soon as all parts have it,
/// by the thread that brings the last, and always as the same balanced tree over the parts' order.
public final class GradientSum: Sendable {
  private struct State {
    /// Of each parameter, what the parts have brought so far.
    var parts: [[Tensor?]]
    var missing: [Int]
    var sums: [Tensor?]
  }

  private let names: [String]
  private let state: Lock<State>
  private let take: (@Sendable (Int, Tensor) -> Void)?

  /// - Parameters:
  ///   - parts: the number of parts.
  ///   - take: is given each sum with its parameter's place in `module.trainedNames()`, on the thread that
  ///     brought the last part, instead of its being kept here.
  public init<M: Module>(
    of module: M, parts: Int, handingTo take: (@Sendable (Int, Tensor) -> Void)? = nil
  ) {
    require(parts > 0, "GradientSum: no parts")
    names = module.trainedNames()
    state = Lock(
      State(
        parts: names.map { _ in Array(repeating: nil, count: parts) },
        missing: names.map { _ in parts }, sums: names.map { _ in nil }))
    self.take = take
  }

  /// Brings one part's gradient of one parameter, by its place in `module.trainedNames()`.
  public func add(_ gradient: Tensor, at index: Int, ofPart part: Int) {
    let complete = state.withLock { state -> [Tensor?]? in
      require(
        state.parts[index][part] == nil && state.missing[index] > 0,
        "GradientSum: part \(part) of \(names[index]) twice")
      state.parts[index][part] = gradient
      state.missing[index] -= 1
      return state.missing[index] == 0 ? Self.taken(&state.parts[index]) : nil
    }
    if var complete { sum(&complete, at: index) }
  }

  /// Adds what only some parts have brought; to be called once all have ended.
  ///
  /// - Returns: the sums, without those that were handed on; nil for parameters of which no part had any.
  public func finish() -> Gradients {
    for index in names.indices {
      var parts = state.withLock { Self.taken(&$0.parts[index]) }
      sum(&parts, at: index)
    }
    return Gradients(names: names, tensors: state.withLock { $0.sums })
  }

  private static func taken(_ parts: inout [Tensor?]) -> [Tensor?] {
    defer { parts = Array(repeating: nil, count: parts.count) }
    return parts
  }

  /// Takes the parts out of the list, so that they are added in place.
  private func sum(_ parts: inout [Tensor?], at index: Int) {
    let total = balancedSum(
      parts.indices,
      { part -> Tensor? in
        defer { parts[part] = nil }
        return parts[part]
      }, add: { $0.accumulate($1) })
    guard let total else { return }
    if let take { take(index, total) } else { state.withLock { $0.sums[index] = total } }
  }
}
