import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

/// A model of two narrow encoder blocks and one predictor block on a 4×4 grid of 4-pixel patches.
enum TinyModel {
  static let grid = PatchGrid(rows: 4, columns: 4)

  /// - Parameter scrambled: every trained tensor random, so that no bias is 0 and nothing is small.
  static func make(
    dtype: DType = .float32, seed: UInt64 = 1, predictorDimensions: Int = 8,
    dropPathRate: Double = 0, scrambled: Bool = true
  ) -> JEPAModel<PointHead> {
    var random = RandomSource(seed: seed)
    var sizes = VisionTransformerConfiguration(
      patchSize: 4, imageHeight: 16, imageWidth: 16, embedDimensions: 16, depth: 2, heads: 2)
    sizes.dropPathRate = dropPathRate
    var model = JEPAModel(
      encoder: VisionTransformer(sizes, dtype: dtype, using: &random),
      predictor: Predictor(
        grid: grid, embedDimensions: 16, dimensions: predictorDimensions, depth: 2, heads: 2,
        dropPathRate: dropPathRate, dtype: dtype, using: &random),
      head: PointHead(
        contextDimensions: predictorDimensions, targetDimensions: 16, dtype: dtype, using: &random)
    )
    if scrambled { model.scramble(using: random) }
    return model
  }

  static func images(_ count: Int, seed: UInt64 = 5) -> Tensor {
    var random = RandomSource(seed: seed)
    return .normal([count, 3, 16, 16], using: &random)
  }

  /// Masks of unequal lengths, drawn in the mended form.
  static func masks(_ images: Int, contextBlocks: Int = 1, seed: UInt64 = 6) -> MaskBatch {
    var mask = MaskConfiguration()
    mask.minKeep = 2
    mask.numEncMasks = contextBlocks
    mask.numPredMasks = 2
    return MaskSource(mask, grid: grid, seed: seed)
      .masks(epoch: 0, step: 0, indices: Array(0..<images))
  }

  static func trainer(
    dtype: DType = .float32, shards: Int = 2, dropPathRate: Double = 0,
    predictorDimensions: Int = 8
  ) -> Trainer<PointHead> {
    Trainer(
      model: make(
        dtype: dtype, predictorDimensions: predictorDimensions, dropPathRate: dropPathRate),
      shards: shards, random: RandomSource(seed: 8))
  }

  static func settings(clip: Double? = nil, momentum: Double = 0.9) -> StepSettings {
    StepSettings(learningRate: 1e-3, weightDecay: 0.05, momentum: momentum, gradientClip: clip)
  }
}

/// Expects two modules to hold the same bits.
func expectSameWeights<M: Module>(
  _ actual: M, _ expected: M, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (a, b) = (actual.namedParameters(), expected.namedParameters())
  #expect(a.map(\.name) == b.map(\.name), sourceLocation: sourceLocation)
  for (x, y) in zip(a, b) {
    expectSameBits(x.tensor, y.tensor, "\(label) \(x.name)", sourceLocation: sourceLocation)
  }
}
