/// What an operator computed, and how a gradient passes through it.
///
/// See ``Tensor/apply(_:to:flops:_:)``.
public struct OperatorResult {
  /// What was computed, from operands without a graph.
  public var value: Tensor
  /// The vector-Jacobian product: the gradient with respect to ``value`` in, one with respect to each operand out,
  /// of the operand's shape; nil for operands that have none. What it captures is kept until the backward pass.
  public var gradient: (Tensor) -> [Tensor?]
  /// Computes ``value`` again, the same bits, from what ``gradient`` keeps anyway. With it the operators that take the
  /// value as an operand need not keep it: for values that are large and cheap to compute (rematerialization).
  public var recompute: (() -> Tensor)?

  public init(
    _ value: Tensor, recompute: (() -> Tensor)? = nil, gradient: @escaping (Tensor) -> [Tensor?]
  ) {
    self.value = value
    self.gradient = gradient
    self.recompute = recompute
  }
}

extension Tensor {
  /// Applies an operator that has a gradient of its own.
  ///
  /// ```swift
  /// /// ‖a − b‖² over the last axis, of [N, D] and [N, D]: [N].
  /// func squaredDistance(_ a: Tensor, _ b: Tensor) -> Tensor {
  ///   Tensor.apply("squared distance", to: [a, b]) { operands in
  ///     let difference = operands[0] - operands[1]
  ///     return OperatorResult(difference.square().sum(axis: 1)) { upstream in
  ///       let slope = difference * upstream.expanded(axis: 1) * 2
  ///       return [slope, -slope]
  ///     }
  ///   }
  /// }
  /// ```
  ///
  /// Forward and backward pass stand in a `Profile` under `name`, with the time that the operators they call do not
  /// account for themselves. `GradientCheck` (`JEPATestSupport`) compares such a gradient with finite differences.
  ///
  /// - Parameters:
  ///   - name: what a profile and error messages call the operator.
  ///   - operands: what it is applied to. Nothing is recorded where none of them needs a gradient.
  ///   - flops: floating-point operations of the forward pass, where a profile is to count them.
  ///   - forward: is given the operands without their graph. What it captures from outside should have none either
  ///     (``detached()``): no gradient passes through it, and it would keep the graph in memory.
  /// - Returns: the value.
  public static func apply(
    _ name: String, to operands: [Tensor], flops: Int = 0,
    _ forward: ([Tensor]) throws -> OperatorResult
  ) rethrows -> Tensor {
    let detached = operands.map { $0.detached() }
    let bytes = { (value: Tensor) in
      detached.reduce(value.byteCount) { $0 + $1.byteCount }
    }
    let result = try Profiler.measureOwnTime(name, flops: flops, bytes: { bytes($0.value) }) {
      try forward(detached)
    }
    let value = result.value.detached()
    guard operands.contains(where: \.needsGradient) else { return value }
    let gradient = result.gradient
    let recorded = Tensor.recorded(value, from: operands) { upstream in
      let found = Profiler.measureOwnTime(
        name, flops: 0, bytes: { _ in 2 * upstream.byteCount + bytes(upstream) },
        { gradient(upstream) })
      require(
        found.count == detached.count,
        "\(name): \(found.count) gradients for \(detached.count) operands; give one for each, nil where it has none"
      )
      for (index, (part, operand)) in zip(found, detached).enumerated() {
        require(
          part.map { $0.shape == operand.shape } ?? true,
          "\(name): a gradient \(part?.shape ?? []) for operand \(index) \(operand.shape); sum over what was broadcast"
        )
      }
      return found.map { $0?.detached() }
    }
    return result.recompute.map { recorded.remade(by: $0) } ?? recorded
  }
}
