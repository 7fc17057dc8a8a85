import CJEPAKernels

/// A function of one bfloat16, and its slope, for each of the 65,536 there are.
///
/// Of the functions that take many operations, looking a value up costs less than computing it: what a
/// network's activations use of a table fits the first cache. The tables hold what the kernels compute,
/// so that both ways give the same bits.
struct BFloat16Table: Sendable {
  /// [65536], bfloat16.
  let values: Tensor
  /// [65536], float32.
  let slopes: Tensor

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

  private static let gelu = BFloat16Table(JK_GELU)
  private static let silu = BFloat16Table(JK_SILU)
  private static let tanh = BFloat16Table(JK_TANH)
  private static let sigmoid = BFloat16Table(JK_SIGMOID)
  private static let softplus = BFloat16Table(JK_SOFTPLUS)

  private init(_ op: jk_unary_op) {
    let words = Tensor(shape: [1 << 16], dtype: .bfloat16) { bytes in
      for word in 0..<(1 << 16) {
        bytes.storeBytes(of: UInt16(word), toByteOffset: 2 * word, as: UInt16.self)
      }
    }
    let values = Tensor(uninitialized: words.shape, dtype: .bfloat16)
    jk_unary(op, JK_BFLOAT16, words.pointer, values.pointer, words.count)
    let (wide, ones) = (words.cast(to: .float32), Tensor.ones(words.shape))
    let slopes = Tensor(uninitialized: words.shape, dtype: .float32)
    jk_unary_gradient(op, JK_FLOAT32, wide.pointer, ones.pointer, slopes.pointer, words.count)
    self.values = values
    self.slopes = slopes
  }
}
