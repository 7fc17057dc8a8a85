import JEPA
import JEPAData
import JEPAPoint
import Testing

/// A few images, learnt by heart.
@Suite struct OverfittingTests {
  @Test(arguments: [DType.float32, .bfloat16])
  func lossFallsOnProceduralScenes(_ computeType: DType) throws {
    let loader = ImageLoader(
      ProceduralScenes(count: 8, seed: 1, height: 32, width: 32),
      transform: TrainingTransform(size: 32), batchSize: 8, seed: 1, workers: 0)
    let batch = try #require(try loader.batches(epoch: 0).next())
    let grid = PatchGrid(rows: 8, columns: 8)
    let masks = MaskSource(MaskConfiguration(), grid: grid, seed: 1)
      .masks(epoch: 0, step: 0, indices: batch.indices)
    var random = RandomSource(seed: 4)
    let sizes = VisionTransformerConfiguration(
      patchSize: 4, imageHeight: 32, imageWidth: 32, embedDimensions: 32, depth: 2, heads: 2)
    let model = JEPAModel(
      encoder: VisionTransformer(sizes, using: &random),
      predictor: Predictor(
        grid: grid, embedDimensions: 32, dimensions: 32, depth: 2, heads: 2, using: &random),
      head: PointHead(contextDimensions: 32, targetDimensions: 32, using: &random))
    var trainer = Trainer(model: model, computeType: computeType, shards: 2, random: random)
    var losses: [Double] = []
    for _ in 0..<30 {
      losses.append(
        try trainer.train(
          batch.images, masks: masks,
          settings: StepSettings(learningRate: 3e-3, weightDecay: 0, momentum: 0.999)
        ).loss)
    }
    #expect(losses[29] < 0.7 * losses[0], "\(losses)")
    #expect(losses[20..<30].max() ?? 1 < losses[0..<5].min() ?? 0, "\(losses)")
  }
}
