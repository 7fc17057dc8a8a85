import CJEPAKernels

/// A function applied to each hidden unit.
public enum Activation: String, Sendable, Codable, CaseIterable {
  case relu, gelu, silu, tanh

  /// Element by element.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.mapped(kernel) }

  var kernel: jk_unary_op {
    switch self {
    case .relu: JK_RELU
    case .gelu: JK_GELU
    case .silu: JK_SILU
    case .tanh: JK_TANH
    }
  }
}
