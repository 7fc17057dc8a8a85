import Foundation
import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

/// A run that is read to be asked, without a trainer.
@Suite struct TrainedModelTests {
  private static let heads = HeadList([PointHead.self])

  private static func configuration(noise: Double = 0.1) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      yaml: """
        data: {dataset: procedural, samples: 16, batch_size: 8, crop_size: 32}
        mask: {patch_size: 8, min_keep: 2}
        meta: {model_name: vit_tiny, embed_dim: 48, depth: 2, num_heads: 3, pred_emb_dim: 24, pred_depth: 1, precision: float32}
        target: {noise: \(noise), helmert: true}
        """)
  }

  private static func batch(_ model: TrainedModel) -> (images: Tensor, masks: MaskBatch) {
    var random = RandomSource(seed: 4)
    let images = Tensor.normal([2, 3, 32, 32], using: &random)
    let masks = MaskSource(model.configuration.mask, grid: model.grid, seed: 1)
      .masks(epoch: 0, step: 0, indices: [0, 1])
    return (images, masks)
  }

  /// What a model says is what its parts say.
  @Test func predictsAsItsPartsDo() throws {
    let configuration = try Self.configuration()
    let model = try TrainedModel(configuration, heads: Self.heads)
    #expect(model.step == 0)
    let (images, masks) = Self.batch(model)
    let parts = try configuration.model { context, target, random in
      var options = PointOptions()
      options.scale = .fixed(0.1)  // the noise of the targets
      return PointHead(
        contextDimensions: context, targetDimensions: target, options: options, using: &random)
    }
    let own = parts.predict(parts.encode(images, masks: masks), masks: masks)
    var random = RandomSource(seed: 5)
    let prediction = model.predict(images, masks: masks)
    let noise = random.split("noise")
    let y = model.targets(images, masks: masks, noise: noise)
    expectSameBits(
      y, parts.targets(images, masks: masks, targetEncoder: parts.encoder, noise: noise))
    let found = try #require(prediction.likelihood(of: y, using: &random))
    #expect(found.kind == .exact && found.logDensity.shape == [masks.targetRowCount])
    expectSameBits(found.logDensity, own.logDensity(of: y))
    #expect(prediction.sample(3, using: &random).shape == [3, masks.targetRowCount, 47])
    #expect(model.features(images).shape == [2, 16, 48])
    let clean = model.targets(images, masks: masks, noise: nil)
    let difference = (y - clean).square().mean().item().squareRoot()
    #expect(abs(difference - 0.1) < 0.02)
  }

  /// Trains what the configuration names, and gives what the run's folder holds.
  @Test func trainsTheNamedHead() throws {
    let place = try TemporaryFolder()
    var configuration = try Self.configuration()
    configuration.optimization.epochs = 1
    #expect(throws: ConfigurationError.self) {  // its warm-up is longer
      try TrainedModel.train(configuration, in: place.path + "/run", heads: Self.heads)
    }
    configuration.optimization.warmup = 0
    let model = try TrainedModel.train(configuration, in: place.path + "/run", heads: Self.heads)
    #expect(model.step == 2)
    let read = try TrainedModel(at: place.path + "/run", heads: Self.heads)
    let (images, masks) = Self.batch(model)
    var (a, b) = (RandomSource(seed: 1), RandomSource(seed: 1))
    expectSameBits(
      model.predict(images, masks: masks).mean(using: &a),
      read.predict(images, masks: masks).mean(using: &b))
    configuration.head.name = "absent"
    #expect(throws: ConfigurationError.self) {
      try TrainedModel.train(configuration, in: place.path + "/other", heads: Self.heads)
    }
    #expect(!FileManager.default.fileExists(atPath: place.path + "/other"))
  }

  @Test func foldersWithoutRunsOrCheckpointsAreRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: FileError.self) { try TrainedModel(at: folder.path, heads: Self.heads) }
    let run = try RunFolder.create(at: folder.path, configuration: Self.configuration())
    withExtendedLifetime(run) {
      let error = #expect(throws: FileError.self) {
        try TrainedModel(at: folder.path, heads: Self.heads)
      }
      #expect(error?.description.contains("the run has none yet") == true)
    }
  }

  @Test func unknownHeadsAreRefused() throws {
    var configuration = try Self.configuration()
    configuration.head = HeadConfiguration(name: "laplace")
    let error = #expect(throws: ConfigurationError.self) {
      try TrainedModel(configuration, heads: Self.heads)
    }
    #expect(error?.message == "head.name is \"laplace\"; it must be one of point")
  }
}
