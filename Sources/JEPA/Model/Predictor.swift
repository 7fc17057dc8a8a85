import JEPATensor
import JEPAViT

/// I-JEPA's predictor up to its last norm: a narrow transformer that sees the context's tokens and, at
/// the places to be predicted, a mask token with its position. What is made of its features is the
/// head's business. Parameter names are the reference's.
public struct Predictor: Module {
  public let grid: PatchGrid
  public var embed: Linear
  /// [1, 1, P].
  public var maskToken: Tensor
  /// [1, patches, P], fixed.
  public var positions: Tensor
  public var blocks: [JEPAViT.Block]
  public var norm: LayerNorm

  /// - Parameters:
  ///   - embedDimensions: width of the encoder's tokens.
  ///   - dimensions: width P of the predictor's tokens and of its features.
  public init(
    grid: PatchGrid, embedDimensions: Int, dimensions: Int, depth: Int, heads: Int,
    mlpRatio: Double = 4, layerNormEpsilon: Double = 1e-6, dropPathRate: Double = 0,
    depthScaled: Bool = true, dtype: DType = .float32, using random: inout RandomSource
  ) {
    require(
      dimensions % heads == 0 && dimensions % 4 == 0,
      "Predictor: \(dimensions) dimensions with \(heads) heads; they must divide by the heads and by 4"
    )
    self.grid = grid
    embed = Linear(
      inputDimensions: embedDimensions, outputDimensions: dimensions, deviation: 0.02,
      dtype: dtype, using: &random)
    maskToken = .truncatedNormal([1, 1, dimensions], deviation: 0.02, dtype: dtype, using: &random)
    positions = PositionalEmbedding.sineCosine(grid: grid, dimensions: dimensions, dtype: dtype)
    blocks = JEPAViT.Block.stack(
      depth: depth, dimensions: dimensions, heads: heads,
      mlpDimensions: Int(Double(dimensions) * mlpRatio), layerNormEpsilon: layerNormEpsilon,
      dropPathRate: dropPathRate, depthScaled: depthScaled, dtype: dtype, using: &random)
    norm = LayerNorm(dimensions: dimensions, epsilon: layerNormEpsilon, dtype: dtype)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("predictor_embed", &embed)
    visitor.parameter("mask_token", &maskToken)
    visitor.frozen("predictor_pos_embed", &positions)
    visitor.modules("predictor_blocks", &blocks)
    visitor.module("predictor_norm", &norm)
  }

  /// Features at the target patches.
  ///
  /// - Parameters:
  ///   - context: the encoder's output for `masks.contextSequences`.
  ///   - random: for stochastic depth in training, a row per sequence of `masks.targetSequences`.
  /// - Returns: [N, P], rows in the order of `masks.targetSequences`.
  public func callAsFunction(
    _ context: TokenSequences, masks: MaskBatch, dropPath random: RandomRows? = nil
  ) -> Tensor {
    let width = positions.shape[2]
    let table = positions.reshaped([grid.count, width])
    let visible = masks.contextSequences
    require(
      context.offsets == visible.offsets,
      "Predictor: the context has \(context.tokens.shape[0]) tokens, the masks \(visible.patches.count)"
    )
    let hidden = masks.targetSequences
    let shown = embed(context.tokens) + table.gatherRows(visible.patches)  // [Tc, P]
    let asked = table.gatherRows(hidden.patches) + maskToken.reshaped([1, width])  // [N, P]
    let layout = SequenceLayout(masks: masks, visible: visible, hidden: hidden)
    var x = TokenSequences(
      tokens: Tensor.concatenated([shown, asked], axis: 0).gatherRows(layout.rows),
      offsets: layout.offsets)
    var random = random
    for block in blocks.dropLast() { x = block(x, dropPath: &random) }
    return norm(
      blocks.last?.tokens(layout.targetRows, of: x, dropPath: &random)
        ?? x.tokens.gatherRows(layout.targetRows))
  }
}

/// How context and mask tokens, listed one after the other, become one sequence per (target block,
/// context block, image).
private struct SequenceLayout {
  /// Per token of the packed sequences, its row in [context tokens; mask tokens].
  var rows: [Int32] = []
  var offsets = [0]
  /// Where the mask tokens lie in the packed sequences.
  var targetRows: [Int32] = []

  init(masks: MaskBatch, visible: PatchSequences, hidden: PatchSequences) {
    let contextTokens = Int32(visible.patches.count)
    let contextSequences = visible.offsets.count - 1
    for sequence in 0..<hidden.offsets.count - 1 {
      let context = sequence % contextSequences
      rows += (visible.offsets[context]..<visible.offsets[context + 1]).map(Int32.init)
      let asked = hidden.offsets[sequence]..<hidden.offsets[sequence + 1]
      targetRows += (0..<asked.count).map { Int32(rows.count + $0) }
      rows += asked.map { contextTokens + Int32($0) }
      offsets.append(rows.count)
    }
  }
}
