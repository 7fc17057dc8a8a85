import Foundation
import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

@Suite struct CheckpointTests {
  private static let (images, masks) = (TinyModel.images(4), TinyModel.masks(4))

  private static func trained(
    _ steps: Int, from trainer: Trainer<PointHead>? = nil
  ) throws -> Trainer<PointHead> {
    var trainer = trainer ?? TinyModel.trainer(dropPathRate: 0.3)
    for _ in 0..<steps {
      _ = try trainer.train(images, masks: masks, settings: TinyModel.settings(clip: 1))
    }
    return trainer
  }

  private static func expectSameState(
    _ actual: Trainer<PointHead>, _ expected: Trainer<PointHead>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.step == expected.step, sourceLocation: sourceLocation)
    #expect(actual.optimizer.step == expected.optimizer.step, sourceLocation: sourceLocation)
    expectSameWeights(actual.model, expected.model, "model", sourceLocation: sourceLocation)
    expectSameWeights(
      actual.targetEncoder, expected.targetEncoder, "target", sourceLocation: sourceLocation)
    for (a, b) in [
      (
        (actual.optimizer.state.tensors["first"] ?? [:]),
        (expected.optimizer.state.tensors["first"] ?? [:])
      ),
      (
        (actual.optimizer.state.tensors["second"] ?? [:]),
        (expected.optimizer.state.tensors["second"] ?? [:])
      ),
    ] {
      #expect(a.keys.sorted() == b.keys.sorted(), sourceLocation: sourceLocation)
      for (name, moment) in b {
        expectSameBits(a[name] ?? .zeros([0]), moment, name, sourceLocation: sourceLocation)
      }
    }
  }

  /// Expects restoring to fail with `message`, and to leave the trainer as it was.
  private static func expectRefusal(
    _ url: URL, _ message: String, trainer: Trainer<PointHead> = TinyModel.trainer(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var copy = trainer
    do {
      try Checkpoint.restore(&copy, from: url)
      Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
      #expect("\(error)" == message, sourceLocation: sourceLocation)
    }
    expectSameState(copy, trainer, sourceLocation: sourceLocation)
  }

  @Test func continuesBitForBit() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    let middle = try Self.trained(3)
    try Checkpoint.write(middle, configuration: TrainingConfiguration(), to: url)
    var resumed = TinyModel.trainer(dropPathRate: 0.3)
    try Checkpoint.restore(&resumed, from: url)
    Self.expectSameState(resumed, middle)
    Self.expectSameState(try Self.trained(3, from: resumed), try Self.trained(6))
  }

  /// The state of any optimizer is kept, and another one is refused.
  @Test func everyOptimizerContinues() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    func trainer() -> Trainer<PointHead> {
      Trainer(
        model: TinyModel.trainer().model, random: RandomSource(seed: 1), optimizer: Lion())
    }
    let middle = try Self.trained(2, from: trainer())
    try Checkpoint.write(middle, configuration: TrainingConfiguration(), to: url)
    var resumed = trainer()
    try Checkpoint.restore(&resumed, from: url)
    #expect(resumed.optimizer.state.tensors["momentum"]?.isEmpty == false)
    let (a, b) = (try Self.trained(2, from: resumed), try Self.trained(4, from: trainer()))
    expectSameWeights(a.model, b.model, "model")
    var other = Trainer(model: trainer().model, random: RandomSource(seed: 1), optimizer: SGD())
    let error = #expect(throws: SafetensorsError.self) {
      try Checkpoint.restore(&other, from: url)
    }
    #expect(
      error?.description.hasSuffix(
        "its run is trained by lion, this one by sgd; give the run's own")
        == true)
  }

  @Test func float64Too() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    let middle = try Self.trained(2, from: TinyModel.trainer(dtype: .float64))
    try Checkpoint.write(middle, configuration: TrainingConfiguration(), to: url)
    var resumed = TinyModel.trainer(dtype: .float64)
    try Checkpoint.restore(&resumed, from: url)
    Self.expectSameState(resumed, middle)
  }

  @Test func holdsTheReferencesNamesAndWhatARunNeeds() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    let trainer = try Self.trained(1)
    var configuration = TrainingConfiguration()
    configuration.meta.seed = 77
    try Checkpoint.write(trainer, configuration: configuration, to: url)
    let file = try SafetensorsFile(url)
    for name in [
      "encoder.patch_embed.proj.weight", "target_encoder.blocks.1.norm2.bias",
      "predictor.mask_token", "head.proj.bias", "optimizer.first.encoder.norm.weight",
      "optimizer.second.predictor.predictor_embed.weight",
    ] {
      #expect(file.contains(name), "\(name)")
    }
    #expect(try Checkpoint.shards(at: url) == 2)
    #expect(file.metadata["step"] == "1")
    let text = try #require(file.metadata["config"])
    #expect(try TrainingConfiguration(yaml: text).meta.seed == 77)
    // An encoder can be read from it as it is.
    let encoder = try EncoderFile(url).encoder()
    expectSameWeights(encoder, trainer.targetEncoder)
    expectSameWeights(
      try EncoderFile(url, part: .context).encoder(), trainer.model.encoder)
  }

  @Test func anotherModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    try Checkpoint.write(
      TinyModel.trainer(), configuration: TrainingConfiguration(), to: url)
    Self.expectRefusal(
      url,
      "\(url.path): tensor \"predictor.predictor_embed.weight\" has shape [8, 16], the model needs "
        + "[12, 16]; check model_name, patch_size and crop_size",
      trainer: TinyModel.trainer(predictorDimensions: 12))
    var deeper = TinyModel.make()
    deeper.predictor.blocks.append(deeper.predictor.blocks[0])
    Self.expectRefusal(
      url,
      "\(url.path): no tensor \"predictor.predictor_blocks.2.norm1.weight\"; was it written by "
        + "another model or head?",
      trainer: Trainer(model: deeper, shards: 2, random: RandomSource(seed: 8)))
  }

  @Test func otherShardsAreRefused() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    try Checkpoint.write(
      TinyModel.trainer(shards: 3), configuration: TrainingConfiguration(), to: url)
    Self.expectRefusal(
      url, "\(url.path): its run cuts batches into 3 shards, this one into 2")
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let weights = URL(filePath: folder.path + "/weights.safetensors")
    try Safetensors.write(
      tensors: TinyModel.make().namedParameters().map { ($0.name, $0.tensor) },
      metadata: ["step": "3", "shards": "2"], to: weights)
    Self.expectRefusal(
      weights,
      "\(weights.path): it is not a training checkpoint (no step in its metadata); resume from a "
        + "file in the run's checkpoints folder")
    #expect(throws: SafetensorsError.self) { try Checkpoint.shards(at: weights) }

    let text = URL(filePath: folder.path + "/notes.txt")
    try Data("not a checkpoint at all".utf8).write(to: text)
    let missing = URL(filePath: folder.path + "/none.safetensors")
    for url in [text, missing] {
      var trainer = TinyModel.trainer()
      do {
        try Checkpoint.restore(&trainer, from: url)
        Issue.record("no error for \(url.lastPathComponent)")
      } catch let error as SafetensorsError {
        #expect("\(error)".hasPrefix(url.path + ": ") && !"\(error)".contains("\n"))
      }
    }
  }

  @Test func truncatedFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    try Checkpoint.write(
      try Self.trained(1), configuration: TrainingConfiguration(), to: url)
    let whole = try Data(contentsOf: url)
    for count in [0, 7, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: url)
      var trainer = TinyModel.trainer()
      do {
        try Checkpoint.restore(&trainer, from: url)
        Issue.record("no error for \(count) bytes")
      } catch let error as SafetensorsError {
        #expect("\(error)".hasPrefix(url.path + ": ") && !"\(error)".contains("\n"))
      }
      Self.expectSameState(trainer, TinyModel.trainer())
    }
  }

  /// Moments of a wrong shape would be read past their end.
  @Test func momentsOfAWrongShapeAreRefused() throws {
    let folder = try TemporaryFolder()
    let url = URL(filePath: folder.path + "/step.safetensors")
    try Checkpoint.write(
      try Self.trained(1), configuration: TrainingConfiguration(), to: url)
    let file = try SafetensorsFile(url)
    let name = "optimizer.second.head.proj.weight"
    var tensors: [(String, Tensor)] = []
    for other in file.names {
      tensors.append((other, other == name ? .zeros([3]) : try file.tensor(named: other)))
    }
    let metadata = file.metadata
    let changed = URL(filePath: folder.path + "/changed.safetensors")
    try Safetensors.write(tensors: tensors, metadata: metadata, to: changed)
    Self.expectRefusal(
      changed,
      "\(changed.path): tensor \"\(name)\" has shape [3], the model needs [16, 8]; "
        + "check model_name, patch_size and crop_size")
  }
}
