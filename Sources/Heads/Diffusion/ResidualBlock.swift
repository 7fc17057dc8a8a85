import JEPATensor

/// h + gate ∘ fc2(silu(fc1((1 + scale) ∘ LN(h) + shift))), with shift, scale and gate from timestep and
/// context. The gate is 0 at the start, so a new block is the identity.
struct ResidualBlock: Module {
  /// Shift, scale and gate.
  var modulation: Modulation
  /// [W, W].
  var fc1: Linear
  /// [W, W].
  var fc2: Linear

  init(
    width: Int, embedding: Int, hasContext: Bool, dtype: DType, using random: inout RandomSource
  ) {
    modulation = Modulation(
      width: width, parts: 3, embedding: embedding, hasContext: hasContext, dtype: dtype)
    fc1 = Linear(inputDimensions: width, outputDimensions: width, dtype: dtype, using: &random)
    fc2 = Linear(inputDimensions: width, outputDimensions: width, dtype: dtype, using: &random)
  }

  /// [N, K, W] → [N, K, W].
  ///
  /// - Parameter contextPart: [N, 3W], or nil.
  func callAsFunction(_ h: Tensor, times: EmbeddedTimes, contextPart: Tensor?) -> Tensor {
    let parts = modulation.parts(times: times, contextPart: contextPart)
    let normalized = h.modulatedLayerNorm(parts, epsilon: 1e-6, outputType: fc1.weight.dtype)
    return h.addingGated(fc2(fc1(normalized).silu()), parts)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("modulation", &modulation)
    visitor.module("fc1", &fc1)
    visitor.module("fc2", &fc2)
  }
}
