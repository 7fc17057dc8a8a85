import JEPATensor

/// A vision transformer (Dosovitskiy et al. 2021) without class token, as I-JEPA uses it: patches,
/// fixed sine-cosine positions, pre-norm blocks, a final norm. Parameter names are the reference's.
public struct VisionTransformer: Module {
  public private(set) var configuration: VisionTransformerConfiguration
  public var patchEmbedding: PatchEmbedding
  /// [1, patches, D], fixed.
  public var positions: Tensor
  public var blocks: [Block]
  public var norm: LayerNorm

  /// - Parameters:
  ///   - depthScaled: divide output projections by √(2 · block number), as the reference's
  ///     constructor does. (Its training script then undoes that by initialising again.)
  public init(
    _ configuration: VisionTransformerConfiguration, depthScaled: Bool = true,
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    self.init(
      configuration, depthScaled: depthScaled, deviation: 0.02, dtype: dtype, using: &random)
  }

  /// All matrices zero, to be filled from a file: draws for a large encoder take minutes.
  init(zeros configuration: VisionTransformerConfiguration) {
    var random = RandomSource(seed: 0)
    self.init(
      configuration, depthScaled: false, deviation: 0, dtype: .float32, using: &random)
  }

  private init(
    _ configuration: VisionTransformerConfiguration, depthScaled: Bool, deviation: Double,
    dtype: DType, using random: inout RandomSource
  ) {
    configuration.check()
    self.configuration = configuration
    let width = configuration.embedDimensions
    patchEmbedding = PatchEmbedding(
      patchSize: configuration.patchSize, channels: configuration.channels, dimensions: width,
      deviation: deviation, dtype: dtype, using: &random)
    positions = PositionalEmbedding.sineCosine(
      grid: configuration.grid, dimensions: width, dtype: dtype)
    blocks = Block.stack(
      depth: configuration.depth, dimensions: width, heads: configuration.heads,
      mlpDimensions: configuration.mlpDimensions, qkvBias: configuration.qkvBias,
      layerNormEpsilon: configuration.layerNormEpsilon, dropPathRate: configuration.dropPathRate,
      depthScaled: depthScaled, deviation: deviation, dtype: dtype, using: &random)
    norm = LayerNorm(
      dimensions: width, epsilon: configuration.layerNormEpsilon, dtype: dtype)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("patch_embed", &patchEmbedding)
    visitor.frozen("pos_embed", &positions)
    visitor.modules("blocks", &blocks)
    visitor.module("norm", &norm)
  }

  /// Encodes the given patches; sequences see only their own tokens.
  ///
  /// - Parameters:
  ///   - images: [B, 3, H, W], float32, normalised. H and W need not be those of the configuration:
  ///     positions are interpolated to another grid.
  ///   - sequences: which patches; every patch of every image unless given.
  ///   - random: for stochastic depth in training, a row per sequence; nil otherwise.
  public func callAsFunction(
    _ images: Tensor, sequences: PatchSequences? = nil, dropPath random: RandomRows? = nil
  ) -> TokenSequences {
    layers(images, sequences: sequences, last: 1, dropPath: random)[0]
  }

  /// The outputs of the last `count` blocks, the earliest first, each through the final norm.
  public func layers(
    _ images: Tensor, sequences: PatchSequences? = nil, last count: Int,
    dropPath random: RandomRows? = nil
  ) -> [TokenSequences] {
    require(
      count >= 1 && count <= blocks.count,
      "VisionTransformer.layers: \(count) of \(blocks.count) blocks")
    let grid = grid(of: images)
    let sequences =
      sequences ?? .all(imageCount: images.shape[0], patchCount: grid.count)
    let table = PositionalEmbedding.interpolated(
      positions, from: configuration.grid, to: grid)
    if random != nil || needsGradient {
      return layers(images, sequences, positions: table, last: count, dropPath: random)
    }
    let groups = sequences.groups(ofTokens: Self.tokensAtOnce).map {
      layers(images, $0, positions: table, last: count, dropPath: nil)
    }
    return (0..<count).map { layer in
      TokenSequences(
        tokens: Tensor.concatenated(groups.map { $0[layer].tokens }, axis: 0),
        offsets: sequences.offsets)
    }
  }

  /// Outputs at some patches of images of which every patch is seen. The last block computes those alone.
  ///
  /// - Parameter wanted: the patches, image by image.
  /// - Returns: [T, D], a row per token of `wanted`.
  public func outputs(_ images: Tensor, at wanted: PatchSequences) -> Tensor {
    let grid = grid(of: images)
    let table = PositionalEmbedding.interpolated(
      positions, from: configuration.grid, to: grid)
    let (count, atOnce) = (
      images.shape[0], needsGradient ? images.shape[0] : imagesAtOnce(of: images)
    )
    var next = 0
    var parts: [Tensor] = []
    for first in stride(from: 0, to: count, by: max(1, atOnce)) {
      let range = first..<min(first + atOnce, count)
      var rows: [Int32] = []
      while next < wanted.images.count, wanted.images[next] < Int32(range.upperBound) {
        rows.append(
          (wanted.images[next] - Int32(first)) * Int32(grid.count) + wanted.patches[next])
        next += 1
      }
      let sequences = PatchSequences.all(imageCount: range.count, patchCount: grid.count)
      var none: RandomRows?
      var x = embedded(images.slice(axis: 0, range), sequences, positions: table)
      for block in blocks.dropLast() { x = block(x, dropPath: &none) }
      parts.append(
        norm(
          blocks.last?.tokens(rows, of: x, dropPath: &none) ?? x.tokens.gatherRows(rows)))
    }
    require(
      next == wanted.images.count,
      "VisionTransformer.outputs: patches of images that do not rise, or beyond \(count) images")
    return Tensor.concatenated(parts, axis: 0)
  }

  /// Without gradients, nothing of a block is needed after the next. So that many tokens go through all
  /// blocks before the next ones do: what they need in between stays in a core's own cache.
  private static var tokensAtOnce: Int { 512 }

  /// How many of these images go through together where no gradients are wanted; cutting a batch at
  /// multiples of it changes nothing.
  public func imagesAtOnce(of images: Tensor) -> Int {
    max(1, Self.tokensAtOnce / max(1, grid(of: images).count))
  }

  private func layers(
    _ images: Tensor, _ sequences: PatchSequences, positions table: Tensor, last count: Int,
    dropPath random: RandomRows?
  ) -> [TokenSequences] {
    var random = random
    var x = embedded(images, sequences, positions: table)
    var outputs: [TokenSequences] = []
    for (index, block) in blocks.enumerated() {
      x = block(x, dropPath: &random)
      if index >= blocks.count - count {
        outputs.append(TokenSequences(tokens: norm(x.tokens), offsets: x.offsets))
      }
    }
    return outputs
  }

  private func embedded(
    _ images: Tensor, _ sequences: PatchSequences, positions table: Tensor
  ) -> TokenSequences {
    let positions = table.reshaped([table.shape[1], table.shape[2]]).gatherRows(sequences.patches)
    return TokenSequences(
      tokens: positions + patchEmbedding(images, sequences), offsets: sequences.offsets)
  }

  /// The patch grid of images of this size; pixels at the right and lower edge that make no whole patch do not
  /// count.
  public func grid(of images: Tensor) -> PatchGrid {
    let size = configuration.patchSize
    require(
      images.rank == 4 && images.shape[2] >= size && images.shape[3] >= size,
      "VisionTransformer: images \(images.shape) are smaller than a patch of \(size)")
    return PatchGrid(rows: images.shape[2] / size, columns: images.shape[3] / size)
  }

  /// The same encoder for images of another size, its positions interpolated.
  public func resized(height: Int, width: Int) -> VisionTransformer {
    var result = self
    result.configuration.imageHeight = height
    result.configuration.imageWidth = width
    result.configuration.check()
    result.positions = PositionalEmbedding.interpolated(
      positions, from: configuration.grid, to: result.configuration.grid)
    return result
  }
}
