/// Gradients by parameter name.
public struct Gradients: Sendable {
  /// Names in the model's order.
  public let names: [String]
  /// One gradient per name; nil where the loss does not depend on the parameter.
  public internal(set) var tensors: [Tensor?]
  private let positions: [String: Int]

  package init(names: [String], tensors: [Tensor?]) {
    self.names = names
    self.tensors = tensors
    positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }

  public subscript(name: String) -> Tensor? { positions[name].flatMap { tensors[$0] } }

  /// √Σ g² over all parameters.
  public var globalNorm: Double {
    let norms = parallelMap(tensors.count) { tensors[$0]?.norm() ?? 0 }
    return norms.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// The name of the first gradient that is not finite.
  public var firstNotFinite: String? {
    zip(names, tensors).first { $1.map { !$0.norm().isFinite } ?? false }?.0
  }
}

extension Module {
  /// A copy whose trained tensors start a graph, and their nodes.
  func tracked() -> (module: Self, leaves: [Node]) {
    var copy = self
    var leaves: [Node] = []
    copy.forEachParameter { _, tensor, kind in
      guard kind == .trained else { return }
      let leaf = Node()
      tensor.node = leaf
      leaves.append(leaf)
    }
    return (copy, leaves)
  }
}

/// The value of `objective`, a tensor of rank 0 (or one element), and its gradients with respect to
/// every trained parameter of `module`.
///
/// Gradients of bfloat16 matrices come out in float32.
public func valueAndGradients<M: Module, Failure: Error>(
  of module: M, _ objective: (M) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: Gradients) {
  let names = module.trainedNames()
  var tensors = [Tensor?](repeating: nil, count: names.count)
  let value = try value(of: module, gradients: { tensors[$0] = $1 }, objective)
  return (value, Gradients(names: names, tensors: tensors))
}

/// As ``valueAndGradients(of:_:)``, but hands each gradient over as soon as the backward pass has it, and
/// keeps none: the first are those of what was computed last.
///
/// - Parameter receive: is called with a parameter's index in `module.trainedNames()` and its gradient, once
///   for each that the objective depends on.
public func value<M: Module, Failure: Error>(
  of module: M, gradients receive: (Int, Tensor) -> Void,
  _ objective: (M) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  let forward = try ForwardPass(of: module) { model throws(Failure) in [try objective(model)] }
  let value = forward.results[0]
  require(value.count == 1, "valueAndGradients: the objective has shape \(value.shape)")
  forward.backward([.ones(value.shape, dtype: value.dtype)], receive)
  return value
}

/// The value of `objective` at `inputs` and its gradient with respect to each of them.
///
/// - Parameter upstream: the gradient with respect to the value, for a vector-Jacobian product; ones
///   unless given.
public func valueAndGradients(
  at inputs: [Tensor], upstream: Tensor? = nil, _ objective: ([Tensor]) -> Tensor
) -> (value: Tensor, gradients: [Tensor?]) {
  let forward = ForwardPass(at: inputs) { [objective($0)] }
  let value = forward.results[0]
  return (value, forward.backward([upstream ?? .ones(value.shape, dtype: value.dtype)]))
}
