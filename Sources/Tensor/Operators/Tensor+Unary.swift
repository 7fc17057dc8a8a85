import CJEPAKernels

// Operators on one tensor, element by element.

extension Tensor {
  func mapped(_ op: jk_unary_op) -> Tensor {
    let table = dtype == .bfloat16 ? BFloat16Table.of(op) : nil
    let x = detached()
    let result = Tensor.recorded(x.values(of: op, table), from: self) { upstream in
      let dy = upstream.cast(to: x.dtype)
      let gradient = Tensor(uninitialized: x.shape, dtype: x.dtype)
      Profiler.measure(op.name, bytes: 3 * x.byteCount) {
        if let table {
          table.applyGradient(x, dy, into: gradient)
        } else {
          jk_unary_gradient(op, x.dtype.kernel, x.pointer, dy.pointer, gradient.pointer, x.count)
        }
      }
      return gradient
    }
    return table == nil ? result : result.remade { x.values(of: op, table) }
  }

  private func values(of op: jk_unary_op, _ table: BFloat16Table?) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: dtype)
    Profiler.measure(op.name, bytes: 2 * byteCount) {
      if let table {
        table.apply(self, into: result)
      } else {
        jk_unary(op, dtype.kernel, pointer, result.pointer, count)
      }
    }
    return result
  }

  /// eˣ.
  public func exp() -> Tensor { mapped(JK_EXP) }
  /// Natural logarithm.
  public func log() -> Tensor { mapped(JK_LOG) }
  public func tanh() -> Tensor { mapped(JK_TANH) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { mapped(JK_SIGMOID) }
  /// x Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016).
  public func gelu() -> Tensor { mapped(JK_GELU) }
  /// x · sigmoid(x).
  public func silu() -> Tensor { mapped(JK_SILU) }
  /// log(1 + eˣ).
  public func softplus() -> Tensor { mapped(JK_SOFTPLUS) }
  public func relu() -> Tensor { mapped(JK_RELU) }
  /// x².
  public func square() -> Tensor { mapped(JK_SQUARE) }
  /// √x.
  public func squareRoot() -> Tensor { mapped(JK_SQRT) }
  /// |x|, with gradient 0 at 0.
  public func absolute() -> Tensor { mapped(JK_ABS) }
  /// 1 / x.
  public func reciprocal() -> Tensor { mapped(JK_RECIPROCAL) }
  public func sin() -> Tensor { mapped(JK_SIN) }
  public func cos() -> Tensor { mapped(JK_COS) }
  /// -1, 0 or 1; no gradient.
  public func sign() -> Tensor { mapped(JK_SIGN) }
  /// The largest integer not above x; no gradient.
  public func floor() -> Tensor { mapped(JK_FLOOR) }

  /// Values brought into [lower, upper]; the gradient is 0 outside.
  public func clamped(_ lower: Double, _ upper: Double) -> Tensor {
    .minimum(
      .maximum(self, Tensor(lower, dtype: dtype)), Tensor(upper, dtype: dtype))
  }

  /// Smooth L1 (Huber) distance to `target`, element by element: d²/2β where |d| < β, else |d| − β/2
  /// (Girshick 2015, with PyTorch's β). The gradient goes to this tensor only.
  public func smoothL1(to target: Tensor, beta: Double = 1) -> Tensor {
    require(
      shape == target.shape && dtype == target.dtype,
      "smoothL1: \(shape) \(dtype) against \(target.shape) \(target.dtype)")
    require(!target.needsGradient, "smoothL1: the target carries a gradient; detach it")
    require(beta > 0, "smoothL1: beta \(beta) is not positive")
    let result = Tensor(uninitialized: shape, dtype: dtype)
    jk_smooth_l1(dtype.kernel, pointer, target.pointer, beta, result.pointer, count)
    let (x, t) = (detached(), target)
    return .recorded(result, from: self) { upstream in
      let dy = upstream.cast(to: x.dtype)
      let gradient = Tensor(uninitialized: x.shape, dtype: x.dtype)
      jk_smooth_l1_gradient(
        x.dtype.kernel, x.pointer, t.pointer, beta, dy.pointer, gradient.pointer, x.count)
      return gradient
    }
  }
}

extension jk_unary_op {
  /// What a profile calls it.
  fileprivate var name: String {
    switch self {
    case JK_GELU: "GELU"
    case JK_SILU: "SiLU"
    case JK_EXP: "exp"
    case JK_LOG: "log"
    case JK_TANH: "tanh"
    case JK_SQUARE: "square"
    default: "elementwise"
    }
  }
}
