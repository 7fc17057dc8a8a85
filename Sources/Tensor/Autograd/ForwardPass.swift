/// Results of a computation whose backward pass is still to come, so that something else can be computed from
/// the results first, such as a sum over several forward passes that the gradients depend on.
///
/// ```swift
/// let forward = ForwardPass(of: model) { [loss($0, x), $0.encoder(x)] }
/// forward.backward([.ones([]), gradientOfTokens]) { index, gradient in … }
/// ```
public struct ForwardPass: Sendable {
  /// What was computed, without gradients.
  public let results: [Tensor]
  private let recorded: [Tensor]
  private let leaves: [Node]

  /// Runs `body` with a module whose trained parameters are followed.
  public init<M: Module, Failure: Error>(
    of module: M, _ body: (M) throws(Failure) -> [Tensor]
  ) throws(Failure) {
    let (copy, leaves) = module.tracked()
    self.init(recorded: try body(copy), leaves: leaves)
  }

  /// Runs `body` with tensors that are followed.
  public init<Failure: Error>(
    at inputs: [Tensor], _ body: ([Tensor]) throws(Failure) -> [Tensor]
  ) throws(Failure) {
    let leaves = inputs.map { _ in Node() }
    let tracked = zip(inputs, leaves).map { input, leaf in
      var copy = input.detached()
      copy.node = leaf
      return copy
    }
    self.init(recorded: try body(tracked), leaves: leaves)
  }

  private init(recorded: [Tensor], leaves: [Node]) {
    (self.recorded, self.leaves) = (recorded, leaves)
    results = recorded.map { $0.detached() }
  }

  /// The backward pass; to be called once at most, since it frees what the forward pass kept.
  ///
  /// - Parameters:
  ///   - upstream: the gradient of the objective with respect to each result; nil where it does not depend
  ///     on the result.
  ///   - receive: is given each gradient as soon as it is known, with the index of the parameter in
  ///     `module.trainedNames()`, or of the input; never for those that the objective does not depend on.
  public func backward(_ upstream: [Tensor?], _ receive: (Int, Tensor) -> Void) {
    require(
      upstream.count == results.count,
      "ForwardPass.backward: \(upstream.count) gradients for \(results.count) results")
    backpropagate(from: recorded, upstream: upstream, to: leaves, receive)
  }

  /// The backward pass; to be called once at most.
  ///
  /// - Returns: the gradient with respect to each parameter or input, nil where the objective does not depend
  ///   on it.
  public func backward(_ upstream: [Tensor?]) -> [Tensor?] {
    var gradients = [Tensor?](repeating: nil, count: leaves.count)
    backward(upstream) { gradients[$0] = $1 }
    return gradients
  }
}
