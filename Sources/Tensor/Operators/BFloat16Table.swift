import CJEPAKernels

/// A function of one bfloat16, and its slope, for each of the 65,536 there are.
///
/// Of the functions that take many operations, looking a value up costs less than computing it: what a
/// network's activations use of a table fits the first cache. The tables hold what the kernels compute in
/// float32, so that both ways give the same bits. The transformers' own functions, x times a gate, have
/// cubics beside it, which cost less still where the processor rounds to bfloat16 itself. Those and their
/// tables are computed in float64, and agree to one unit in the last place.
struct BFloat16Table: Sendable {
  /// [65536], bfloat16.
  let values: Tensor
  /// [65536], float32.
  let slopes: Tensor
  let cubics: Cubics?

  /// Of f(x) = x · g(x).
  struct Cubics: Sendable {
    let gate: PiecewiseCubic
    let slope: PiecewiseCubic
  }

  /// The table of `op`, or nil where computing is as fast.
  static func of(_ op: jk_unary_op) -> BFloat16Table? {
    switch op {
    case JK_GELU: gelu
    case JK_SILU: silu
    case JK_TANH: tanh
    case JK_SIGMOID: sigmoid
    case JK_SOFTPLUS: softplus
    default: nil
    }
  }

  // Beyond these ranges the gates are too near 0 for a cubic's absolute error.
  private static let gelu = BFloat16Table(JK_GELU, gateOver: -5.5..<5.5)
  private static let silu = BFloat16Table(JK_SILU, gateOver: -11..<11)
  private static let tanh = BFloat16Table(JK_TANH)
  private static let sigmoid = BFloat16Table(JK_SIGMOID)
  private static let softplus = BFloat16Table(JK_SOFTPLUS)

  private init(_ op: jk_unary_op, gateOver range: Range<Double>? = nil) {
    let words = Tensor(shape: [1 << 16], dtype: .bfloat16) { bytes in
      for word in 0..<(1 << 16) {
        bytes.storeBytes(of: UInt16(word), toByteOffset: 2 * word, as: UInt16.self)
      }
    }
    let places = words.cast(to: range == nil ? .float32 : .float64)
    values = Self.values(of: op, at: places).cast(to: .bfloat16)
    slopes = Self.slopes(of: op, at: places).cast(to: .float32)
    cubics = range.map { range in
      Cubics(
        gate: PiecewiseCubic(over: range) { places in
          let x = Tensor(places, shape: [places.count])
          return (Self.values(of: op, at: x) / x).doubles()
        },
        slope: PiecewiseCubic(over: range) { places in
          Self.slopes(of: op, at: Tensor(places, shape: [places.count])).doubles()
        })
    }
  }

  private static func values(of op: jk_unary_op, at x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    jk_unary(op, x.dtype.kernel, x.pointer, result.pointer, x.count)
    return result
  }

  private static func slopes(of op: jk_unary_op, at x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let ones = Tensor.ones(x.shape, dtype: x.dtype)
    jk_unary_gradient(op, x.dtype.kernel, x.pointer, ones.pointer, result.pointer, x.count)
    return result
  }

  /// y = f(x), entry by entry.
  func apply(_ x: Tensor, into y: Tensor) {
    guard let cubics else { return jk_lookup(values.pointer, x.pointer, y.pointer, x.count) }
    cubics.gate.withKernel { jk_gate($0, values.pointer, x.pointer, y.pointer, x.count) }
  }

  /// dx = dy · f′(x), entry by entry.
  func applyGradient(_ x: Tensor, _ dy: Tensor, into dx: Tensor) {
    guard let cubics else {
      return jk_lookup_product(slopes.pointer, x.pointer, dy.pointer, dx.pointer, x.count)
    }
    cubics.slope.withKernel {
      jk_slope_product($0, slopes.pointer, x.pointer, dy.pointer, dx.pointer, x.count)
    }
  }
}
