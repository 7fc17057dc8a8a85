import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

@Suite struct TrainerTests {
  private static let (images, masks) = (TinyModel.images(5), TinyModel.masks(5))

  /// The mean loss over all target rows, computed without shards or a trainer. Of the larger number of
  /// images, target encodings are taken in several pieces.
  @Test(arguments: [5, 80])
  func lossIsTheMeanOverTargetRows(_ count: Int) {
    let (images, masks) = (TinyModel.images(count), TinyModel.masks(count))
    let trainer = TinyModel.trainer(dtype: .float64, shards: 1)
    let model = trainer.model
    #expect((trainer.targetEncoder.imagesAtOnce(of: images) < count) == (count == 80))
    let targets = model.targets(images, masks: masks, targetEncoder: trainer.targetEncoder)
    let context = model.encode(images, masks: masks)
    var random = RandomSource(seed: 0)
    let expected = model.predict(context, masks: masks)
      .loss(of: targets, using: &random).mean().item()
    let result = trainer.lossAndGradients(images, masks: masks)
    #expect(abs(result.loss - expected) < 1e-13)
    #expect(result.regularization == 0)
    #expect(result.gradients.names == model.trainedNames())
  }

  @Test(arguments: [2, 3, 5, 9])
  func shardsGiveTheSameLossAndGradients(_ shards: Int) throws {
    let masks = TinyModel.masks(5, contextBlocks: 2)
    let whole = TinyModel.trainer(dtype: .float64, shards: 1)
      .lossAndGradients(Self.images, masks: masks)
    let cut = TinyModel.trainer(dtype: .float64, shards: shards)
      .lossAndGradients(Self.images, masks: masks)
    #expect(abs(whole.loss - cut.loss) < 1e-12 * whole.loss)
    for name in whole.gradients.names {
      let expected = try #require(whole.gradients[name])
      expectClose(try #require(cut.gradients[name]), expected, ofLargest: 1e-12, name)
    }
  }

  /// What the shards give one after another on this thread, summed in their order, bit for bit:
  /// nothing depends on which threads take them.
  @Test(arguments: [DType.float32, .bfloat16])
  func threadsDoNotMatter(_ computeType: DType) throws {
    let trainer = Trainer(
      model: TinyModel.make(), computeType: computeType, shards: 3, random: RandomSource(seed: 8))
    func mixed<M: Module>(_ module: M) -> M {
      computeType == .bfloat16 ? module.matrices(in: .bfloat16) : module
    }
    let (model, target) = (mixed(trainer.model), mixed(trainer.targetEncoder))
    let rows = Double(Self.masks.targetRowCount)
    let parts = [0..<1, 1..<3, 3..<5].map { range -> (Double, Gradients) in
      let (images, masks) = (Self.images.slice(axis: 0, range), Self.masks.images(range))
      let targets = model.targets(images, masks: masks, targetEncoder: target)
      let (value, gradients) = valueAndGradients(of: model) { model in
        var random = RandomSource(seed: 0)
        let context = model.encode(images, masks: masks)
        return model.predict(context, masks: masks).loss(of: targets, using: &random).sum() / rows
      }
      return (value.item(), gradients)
    }
    let expected = model.sum(of: parts.map(\.1))
    let results = parallelMap(4, threads: 4) { _ in
      trainer.lossAndGradients(Self.images, masks: Self.masks)
    }
    for result in results {
      #expect(result.loss == parts.reduce(0) { $0 + $1.0 })
      for name in expected.names {
        expectSameBits(
          try #require(result.gradients[name]), try #require(expected[name]), name)
      }
    }
  }

  @Test func stochasticDepthDependsOnSeedAndStep() throws {
    var trainer = TinyModel.trainer(dropPathRate: 0.5)
    let first = trainer.lossAndGradients(Self.images, masks: Self.masks).loss
    #expect(first == trainer.lossAndGradients(Self.images, masks: Self.masks).loss)
    _ = try trainer.train(
      Self.images, masks: Self.masks,
      settings: StepSettings(learningRate: 0, weightDecay: 0, momentum: 1))
    #expect(first != trainer.lossAndGradients(Self.images, masks: Self.masks).loss)
  }

  @Test func movingAverage() throws {
    let before = TinyModel.trainer().targetEncoder
    var held = TinyModel.trainer()
    let report = try held.train(
      Self.images, masks: Self.masks, settings: TinyModel.settings(momentum: 1))
    expectSameWeights(held.targetEncoder, before)
    #expect(report.step == 0 && held.step == 1)
    #expect(report.contextTokens == Self.masks.contextSequences.patches.count)
    #expect(report.targetTokens == Self.masks.targetRowCount)

    var copied = TinyModel.trainer()
    _ = try copied.train(
      Self.images, masks: Self.masks, settings: TinyModel.settings(momentum: 0))
    expectSameWeights(copied.targetEncoder, copied.model.encoder)

    var mixed = TinyModel.trainer(dtype: .float64)
    let start = mixed.targetEncoder.blocks[0].mlp.fc1.weight
    _ = try mixed.train(
      Self.images, masks: Self.masks, settings: TinyModel.settings(momentum: 0.75))
    let end = mixed.model.encoder.blocks[0].mlp.fc1.weight
    #expect(start.doubles() != end.doubles())
    expectClose(
      mixed.targetEncoder.blocks[0].mlp.fc1.weight, start * 0.75 + end * 0.25, absolute: 1e-15,
      relative: 1e-14)
    expectSameBits(mixed.targetEncoder.positions, before.positions.cast(to: .float64))
  }

  /// The first step's first moments are 0.1 times the gradient that the optimiser saw.
  @Test func clippingScalesTheWholeGradient() throws {
    let gradients = TinyModel.trainer(dtype: .float64)
      .lossAndGradients(Self.images, masks: Self.masks).gradients
    let norm = gradients.globalNorm
    for (clip, scale) in [(norm / 4, 0.25), (norm * 2, 1), (nil, 1)] as [(Double?, Double)] {
      var trainer = TinyModel.trainer(dtype: .float64)
      let report = try trainer.train(
        Self.images, masks: Self.masks, settings: TinyModel.settings(clip: clip))
      #expect(abs(report.gradientNorm - norm) < 1e-12 * norm)
      for name in gradients.names {
        expectClose(
          try #require((trainer.optimizer.state.tensors["first"] ?? [:])[name]),
          try #require(gradients[name]) * (0.1 * scale), absolute: 1e-16, relative: 1e-5, name)
      }
    }
  }

  @Test func weightDecaySparesBiasesAndNorms() throws {
    var trainer = TinyModel.trainer(dtype: .float64)
    let before = trainer.model
    var without = trainer
    var settings = TinyModel.settings()
    _ = try trainer.train(Self.images, masks: Self.masks, settings: settings)
    settings.weightDecay = 0
    _ = try without.train(Self.images, masks: Self.masks, settings: settings)
    let names = before.namedParameters()
    let pairs = zip(trainer.model.namedParameters(), without.model.namedParameters())
    for (old, (with, plain)) in zip(names, pairs) {
      let decays =
        old.tensor.rank > 1 && old.name != "encoder.pos_embed"
        && old.name != "predictor.predictor_pos_embed"
      // Decoupled: θ − η λ θ, whatever the gradient.
      expectClose(
        plain.tensor - with.tensor, old.tensor * (decays ? 1e-3 * 0.05 : 0), absolute: 1e-15,
        relative: 1e-9, old.name)
    }
  }

  @Test func regularizerIsAdded() throws {
    var trainer = TinyModel.trainer(dtype: .float64, shards: 1)
    let plain = trainer.lossAndGradients(Self.images, masks: Self.masks)
    trainer.regularizer = VarianceCovariance(varianceWeight: 0.5, covarianceWeight: 0.25)
    let result = trainer.lossAndGradients(Self.images, masks: Self.masks)
    let context = trainer.model.encode(Self.images, masks: Self.masks)
    let expected = trainer.regularizer(
      context.tokens, patches: Self.masks.contextSequences.patches, patchCount: 16)
    #expect(abs(result.regularization - expected.item()) < 1e-13)
    #expect(expected.item() > 0)
    #expect(result.loss == plain.loss)
    let name = "encoder.blocks.0.attn.qkv.weight"
    #expect(result.gradients[name]?.doubles() != plain.gradients[name]?.doubles())
    let head = "head.proj.weight"
    expectClose(
      try #require(result.gradients[head]), try #require(plain.gradients[head]), ofLargest: 1e-13)
  }

  /// Everything that a step may draw or take from the whole batch: stochastic depth, target noise, regularizer,
  /// whitening.
  @Test(arguments: [2, 3, 5, 9])
  func shardsChangeNothing(_ shards: Int) throws {
    func trained(_ shards: Int) throws -> ([StepReport], Trainer<PointHead>) {
      var model = TinyModel.make(dtype: .float64, dropPathRate: 0.4)
      model.targetTransform.noise = 0.3
      model.targetTransform.whitening = Whitening(dimensions: 16)
      var trainer = Trainer(model: model, shards: shards, random: RandomSource(seed: 8))
      trainer.regularizer = VarianceCovariance(varianceWeight: 0.5, covarianceWeight: 0.25)
      let reports = try (0..<3).map { _ in
        try trainer.train(
          Self.images, masks: TinyModel.masks(5, contextBlocks: 2), settings: TinyModel.settings())
      }
      return (reports, trainer)
    }
    let ((reports, trainer), (whole, one)) = (try trained(shards), try trained(1))
    for (report, expected) in zip(reports, whole) {
      #expect(abs(report.loss - expected.loss) < 1e-11 * expected.loss)
      #expect(abs(report.regularization - expected.regularization) < 1e-10)
      #expect(abs(report.gradientNorm - expected.gradientNorm) < 1e-9 * expected.gradientNorm)
      #expect(expected.regularization > 0)
    }
    for ((name, a), (_, b)) in zip(
      trainer.model.namedParameters(), one.model.namedParameters())
    {
      expectClose(a, b, ofLargest: 1e-7, name)
    }
  }

  @Test func bfloat16StaysNearFloat32() {
    let exact = TinyModel.trainer()
    let rounded = Trainer(
      model: exact.model, computeType: .bfloat16, shards: 2, random: exact.random)
    let a = exact.lossAndGradients(Self.images, masks: Self.masks)
    let b = rounded.lossAndGradients(Self.images, masks: Self.masks)
    #expect(abs(a.loss - b.loss) < 0.02 * a.loss)
    #expect(abs(a.gradients.globalNorm - b.gradients.globalNorm) < 0.05 * a.gradients.globalNorm)
    for gradient in b.gradients.tensors { #expect(gradient?.dtype == .float32) }
  }
}
