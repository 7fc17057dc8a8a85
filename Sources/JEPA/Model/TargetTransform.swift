import JEPATensor

/// Turns the target encoder's outputs into what heads model.
///
/// The one place where that happens: heads know nothing of it.
public struct TargetTransform: Sendable {
  /// ε of the layer normalisation over features, which has no weights.
  public var epsilon = 1e-5

  public init() {}

  /// [N, D] → [N, D].
  public func callAsFunction(_ outputs: Tensor) -> Tensor {
    outputs.detached().layerNorm(epsilon: epsilon)
  }
}
