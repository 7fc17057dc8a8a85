import JEPATensor

/// Multi-head self-attention over packed sequences.
public struct Attention: Module {
  public var qkv: Linear
  public var proj: Linear
  public var heads: Int

  init(
    dimensions: Int, heads: Int, qkvBias: Bool, deviation: Double, dtype: DType,
    using random: inout RandomSource
  ) {
    qkv = Linear(
      inputDimensions: dimensions, outputDimensions: 3 * dimensions, bias: qkvBias,
      deviation: deviation, dtype: dtype, using: &random)
    proj = Linear(
      inputDimensions: dimensions, outputDimensions: dimensions, deviation: deviation,
      dtype: dtype, using: &random)
    self.heads = heads
  }

  /// [T, D] → [T, D].
  ///
  /// - Parameter rows: the tokens whose outputs are wanted, all unless given; all are attended to.
  public func callAsFunction(_ tokens: Tensor, offsets: [Int], rows: [Int32]? = nil) -> Tensor {
    let attended = attention(qkv: qkv(tokens), offsets: offsets, heads: heads)
    return proj(rows.map(attended.gatherRows) ?? attended)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("qkv", &qkv)
    visitor.module("proj", &proj)
  }
}

/// A pre-norm transformer block: x + attention(norm1(x)), then x + mlp(norm2(x)).
///
/// The sum keeps the type of the input; between the norms and the sums, values have the type of the
/// matrices, so with bfloat16 matrices the residual stream stays float32.
public struct Block: Module {
  public var norm1: LayerNorm
  public var attn: Attention
  public var norm2: LayerNorm
  public var mlp: MLP
  /// The probability of skipping a branch for a sequence in training.
  public var dropPathRate: Double

  public init(
    dimensions: Int, heads: Int, mlpDimensions: Int, qkvBias: Bool = true,
    layerNormEpsilon: Double = 1e-6, dropPathRate: Double = 0, deviation: Double = 0.02,
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    norm1 = LayerNorm(dimensions: dimensions, epsilon: layerNormEpsilon, dtype: dtype)
    attn = Attention(
      dimensions: dimensions, heads: heads, qkvBias: qkvBias, deviation: deviation, dtype: dtype,
      using: &random)
    norm2 = LayerNorm(dimensions: dimensions, epsilon: layerNormEpsilon, dtype: dtype)
    mlp = MLP(
      dimensions: dimensions, hiddenDimensions: mlpDimensions, deviation: deviation, dtype: dtype,
      using: &random)
    self.dropPathRate = dropPathRate
  }

  /// - Parameter random: where dropped branches are drawn from, a row per sequence; nil to drop none.
  public func callAsFunction(
    _ x: TokenSequences, dropPath random: inout RandomRows?
  ) -> TokenSequences {
    TokenSequences(tokens: tokens(nil, of: x, dropPath: &random), offsets: x.offsets)
  }

  /// The outputs of some tokens, to which all others are context: what a last block needs to compute where no more
  /// is asked for.
  ///
  /// - Parameters:
  ///   - rows: tokens of `x`, in any order; all where nil.
  ///   - random: as above.
  /// - Returns: [rows, D].
  public func tokens(
    _ rows: [Int32]?, of x: TokenSequences, dropPath random: inout RandomRows?
  ) -> Tensor {
    let computed = attn.qkv.weight.dtype
    let attended = attn(
      norm1(x.tokens, outputType: computed), offsets: x.offsets, rows: rows)
    let tokens = rows.map(x.tokens.gatherRows) ?? x.tokens
    let middle = tokens + kept(attended, x.offsets, rows, &random)
    let transformed = mlp(norm2(middle, outputType: computed))
    return middle + kept(transformed, x.offsets, rows, &random)
  }

  /// The branch with whole sequences dropped, the others scaled up to the same expectation.
  private func kept(
    _ branch: Tensor, _ offsets: [Int], _ rows: [Int32]?, _ random: inout RandomRows?
  ) -> Tensor {
    guard dropPathRate > 0, let draws = random?.uniform() else { return branch }
    require(
      draws.count == offsets.count - 1,
      "Block: random streams for \(draws.count) sequences of \(offsets.count - 1)")
    var scales: [Double] = []
    for (draw, (start, end)) in zip(draws, zip(offsets, offsets.dropFirst())) {
      let scale = draw >= dropPathRate ? 1 / (1 - dropPathRate) : 0
      scales.append(contentsOf: repeatElement(scale, count: end - start))
    }
    if let rows { scales = rows.map { scales[Int($0)] } }
    return branch * Tensor(scales, shape: [scales.count, 1], dtype: branch.dtype.accumulation)
  }

  /// The reference's depth scaling: output projections of block `index` (from 0) divided by
  /// √(2 (index + 1)).
  public mutating func scaleForDepth(_ index: Int) {
    let factor = 1 / (2 * Double(index + 1)).squareRoot()
    attn.proj.weight = attn.proj.weight * factor
    mlp.fc2.weight = mlp.fc2.weight * factor
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("norm1", &norm1)
    visitor.module("attn", &attn)
    visitor.module("norm2", &norm2)
    visitor.module("mlp", &mlp)
  }

  /// `depth` blocks with linearly rising stochastic depth, initialised as the reference does.
  public static func stack(
    depth: Int, dimensions: Int, heads: Int, mlpDimensions: Int, qkvBias: Bool = true,
    layerNormEpsilon: Double = 1e-6, dropPathRate: Double = 0, depthScaled: Bool = true,
    deviation: Double = 0.02, dtype: DType = .float32, using random: inout RandomSource
  ) -> [Block] {
    (0..<depth).map { index in
      var block = Block(
        dimensions: dimensions, heads: heads, mlpDimensions: mlpDimensions, qkvBias: qkvBias,
        layerNormEpsilon: layerNormEpsilon,
        dropPathRate: depth > 1 ? dropPathRate * Double(index) / Double(depth - 1) : 0,
        deviation: deviation, dtype: dtype, using: &random)
      if depthScaled { block.scaleForDepth(index) }
      return block
    }
  }
}
