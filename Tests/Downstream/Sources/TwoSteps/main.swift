// Two training steps through the public interface alone. Ends with status 1 where the loss is not
// finite or a weight has not moved.
import Foundation
import JEPA
import JEPAData
import JEPAPoint

struct Failure: Error, CustomStringConvertible {
  let description: String
}

func trainTwoSteps() throws {
  let configuration = try TrainingConfiguration(
    yaml: """
      data: {dataset: procedural, samples: 16, batch_size: 8, crop_size: 32}
      mask: {patch_size: 8, min_keep: 2}
      meta:
        {model_name: vit_tiny, embed_dim: 48, depth: 2, num_heads: 3, pred_emb_dim: 24, pred_depth: 1}
      optimization: {epochs: 1, warmup: 0, ema: [0.9, 1.0]}
      evaluation: {every: 0}
      """)
  let encoder = try configuration.encoderConfiguration()
  let seed = configuration.meta.seed
  let random = RandomSource(seed: seed)
  var weights = random.split("weights")
  let model = JEPAModel(
    encoder: VisionTransformer(encoder, using: &weights),
    predictor: Predictor(
      grid: encoder.grid, embedDimensions: encoder.embedDimensions,
      dimensions: configuration.meta.predEmbDim, depth: configuration.meta.predDepth,
      heads: encoder.heads, using: &weights),
    head: PointHead(
      contextDimensions: configuration.meta.predEmbDim, targetDimensions: encoder.embedDimensions,
      using: &weights))
  var trainer = Trainer(model: model, random: random)

  let loader = ImageLoader(
    try configuration.data.openDataset(.train),
    transform: TrainingTransform(
      size: configuration.data.cropSize, cropScale: configuration.data.cropScale),
    batchSize: configuration.data.batchSize, seed: seed)
  let masks = MaskSource(configuration.mask, grid: encoder.grid, seed: seed)
  let schedule = TrainingSchedule(
    configuration.optimization, stepsPerEpoch: loader.stepsPerEpoch)

  let batches = loader.batches(epoch: 0)
  while let batch = try batches.next() {
    let step = trainer.step
    let report = try trainer.train(
      batch.images, masks: masks.masks(epoch: 0, step: step, indices: batch.indices),
      settings: StepSettings(
        learningRate: schedule.learningRate.value(at: step),
        weightDecay: schedule.weightDecay.value(at: step),
        momentum: schedule.momentum.value(at: step)))
    guard report.loss.isFinite else { throw Failure(description: "the loss is \(report.loss)") }
    print("step \(report.step): loss \(report.loss)")
  }

  guard trainer.step == 2 else { throw Failure(description: "\(trainer.step) steps, not 2") }
  for (before, after) in zip(model.namedParameters(), trainer.model.namedParameters()) {
    let moved = before.tensor.floats() != after.tensor.floats()
    // Positions are fixed.
    guard moved || before.name.hasSuffix("pos_embed") else {
      throw Failure(description: "\(before.name) has not moved")
    }
  }
  guard
    zip(model.encoder.namedParameters(), trainer.targetEncoder.namedParameters())
      .contains(where: { $0.tensor.floats() != $1.tensor.floats() })
  else { throw Failure(description: "the target encoder has not moved") }
}

do {
  try trainTwoSteps()
} catch {
  FileHandle.standardError.write(Data("downstream: \(error)\n".utf8))
  exit(1)
}
