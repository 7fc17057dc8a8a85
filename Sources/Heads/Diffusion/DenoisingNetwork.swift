import JEPATensor

/// A U-Net-like residual network on vectors: blocks and halvings of the width on the way down, blocks
/// in the middle, doublings and blocks on the way up, with skips between the two ways. Timestep and
/// context enter every block by adaptive layer normalisation.
public struct DenoisingNetwork: Module {
  var timeEmbedding: TimestepEmbedding
  var contextEmbedding: ContextEmbedding?
  /// [W, D], or [W, D (1 + 2J)] with J octaves.
  var input: Linear
  /// By level, the widest first.
  var downBlocks: [ResidualBlock] = []
  var downsamples: [Linear] = []
  var middleBlocks: [ResidualBlock] = []
  /// By level, the narrowest first.
  var upsamples: [Linear] = []
  var upBlocks: [ResidualBlock] = []
  var outputModulation: Modulation
  /// [D, W], zero at the start.
  var output: Linear
  let blocksPerLevel: Int
  /// J.
  let inputOctaves: Int

  init(
    contextDimensions: Int, targetDimensions: Int, options: DiffusionOptions, dtype: DType,
    using random: inout RandomSource
  ) {
    let embedding = options.embeddingDimensions
    let hasContext = contextDimensions > 0
    let width = options.width(forTargets: targetDimensions)
    let widths = (0...options.levels).map { max(8, width >> $0) }
    blocksPerLevel = options.blocksPerLevel
    timeEmbedding = TimestepEmbedding(
      timesteps: options.timesteps, dimensions: embedding, dtype: dtype, using: &random)
    contextEmbedding =
      hasContext
      ? ContextEmbedding(
        contextDimensions: contextDimensions, dimensions: embedding, dtype: dtype, using: &random)
      : nil
    inputOctaves = options.inputOctaves
    let features = targetDimensions * (1 + 2 * inputOctaves)
    // Without biases a layer norm of few dimensions would see the target's direction only.
    input = Linear(
      inputDimensions: features, outputDimensions: widths[0],
      biasDeviation: Linear.deviation(forInputs: features), dtype: dtype, using: &random)
    func block(_ width: Int, _ random: inout RandomSource) -> ResidualBlock {
      ResidualBlock(
        width: width, embedding: embedding, hasContext: hasContext, dtype: dtype, using: &random)
    }
    for level in 0..<options.levels {
      for _ in 0..<blocksPerLevel { downBlocks.append(block(widths[level], &random)) }
      downsamples.append(
        Linear(
          inputDimensions: widths[level], outputDimensions: widths[level + 1], dtype: dtype,
          using: &random))
    }
    for _ in 0..<options.middleBlocks {
      middleBlocks.append(block(widths[options.levels], &random))
    }
    for level in (0..<options.levels).reversed() {
      upsamples.append(
        Linear(
          inputDimensions: widths[level + 1], outputDimensions: widths[level], dtype: dtype,
          using: &random))
      for _ in 0..<blocksPerLevel { upBlocks.append(block(widths[level], &random)) }
    }
    outputModulation = Modulation(
      width: widths[0], parts: 2, embedding: embedding, hasContext: hasContext, dtype: dtype)
    output = Linear(zeros: widths[0], targetDimensions, dtype: dtype)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("time_embed", &timeEmbedding)
    if var layers = contextEmbedding {
      visitor.module("context_embed", &layers)
      contextEmbedding = layers
    }
    visitor.module("input_proj", &input)
    visitor.modules("down_blocks", &downBlocks)
    visitor.modules("downsamples", &downsamples)
    visitor.modules("middle_blocks", &middleBlocks)
    visitor.modules("upsamples", &upsamples)
    visitor.modules("up_blocks", &upBlocks)
    visitor.module("output_modulation", &outputModulation)
    visitor.module("output_proj", &output)
  }

  /// The context's parts of all modulations, in the order of the blocks and the output's last; one
  /// pass over the context for any number of evaluations. Empty without context.
  func contextParts(_ context: Tensor) -> [Tensor] {
    guard let embedded = contextEmbedding?(context) else { return [] }
    let blocks = downBlocks + middleBlocks + upBlocks
    return (blocks.map(\.modulation) + [outputModulation]).compactMap {
      $0.contextPart(embedded)
    }
  }

  /// [N, K, D] → [N, K, D (1 + 2J)]: x, then each octave's sines and cosines.
  private func features(of x: Tensor) -> Tensor {
    if inputOctaves == 0 { return x }
    let waves = (0..<inputOctaves).flatMap { octave -> [Tensor] in
      let angles = x * (Double.pi * Double(1 << octave))
      return [angles.sin(), angles.cos()]
    }
    return .concatenated([x] + waves, axis: 2)
  }

  /// Noised targets [N, K, D] → estimates [N, K, D] in the accumulation type.
  func callAsFunction(_ x: Tensor, times: EmbeddedTimes, contextParts: [Tensor]) -> Tensor {
    var parts = contextParts[...]
    func run(_ blocks: some Sequence<ResidualBlock>, _ h: Tensor) -> Tensor {
      blocks.reduce(h) { $1($0, times: times, contextPart: parts.popFirst()) }
    }
    let wide = output.weight.dtype.accumulation
    var h = input(features(of: x)).cast(to: wide)  // [N, K, W]
    var skips: [Tensor] = []
    for (level, downsample) in downsamples.enumerated() {
      h = run(downBlocks[level * blocksPerLevel..<(level + 1) * blocksPerLevel], h)
      skips.append(h)
      h = downsample(h).cast(to: wide)
    }
    h = run(middleBlocks, h)
    for (level, upsample) in upsamples.enumerated() {
      h = skips.removeLast() + upsample(h)
      h = run(upBlocks[level * blocksPerLevel..<(level + 1) * blocksPerLevel], h)
    }
    let last = outputModulation.parts(times: times, contextPart: parts.popFirst())
    let normalized = h.modulatedLayerNorm(last, epsilon: 1e-6, outputType: output.weight.dtype)
    return output(normalized).cast(to: wide)
  }
}
