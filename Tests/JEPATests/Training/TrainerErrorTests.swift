import JEPA
import JEPADensity
import JEPAPoint
import JEPATestSupport
import Testing

/// Losses and gradients that are not finite stop training before anything is changed.
@Suite struct TrainerErrorTests {
  private static let (images, masks) = (TinyModel.images(4), TinyModel.masks(4))

  private func expectRefusal(
    _ trainer: Trainer<PointHead>, _ images: Tensor, _ quantity: (String) -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var copy = trainer
    do {
      let report = try copy.train(
        images, masks: TinyModel.masks(images.shape[0]), settings: TinyModel.settings())
      Issue.record("no error, loss \(report.loss)", sourceLocation: sourceLocation)
    } catch let error as TrainingError {
      // Counted from 1, as in the run's metrics.
      let step = trainer.step + 1
      guard case .notFinite(step, let name) = error, quantity(name) else {
        Issue.record("\(error)", sourceLocation: sourceLocation)
        return
      }
      let message = "\(error)"
      #expect(
        message.hasPrefix("training stopped at step \(step): \(name) is not finite"),
        sourceLocation: sourceLocation)
      #expect(!message.contains("\n"), sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
    }
    #expect(copy.step == trainer.step, sourceLocation: sourceLocation)
    #expect(copy.optimizer.step == trainer.optimizer.step, sourceLocation: sourceLocation)
    expectSameWeights(copy.model, trainer.model, sourceLocation: sourceLocation)
    expectSameWeights(copy.targetEncoder, trainer.targetEncoder, sourceLocation: sourceLocation)
    for (name, moment) in (trainer.optimizer.state.tensors["first"] ?? [:]) {
      expectSameBits(
        (copy.optimizer.state.tensors["first"] ?? [:])[name] ?? .zeros([0]), moment, name,
        sourceLocation: sourceLocation)
    }
  }

  @Test func notANumberInAnImage() throws {
    var pixels = Self.images.floats()
    for index in 768..<1536 { pixels[index] = .nan }
    let broken = Tensor(pixels, shape: Self.images.shape)
    var trainer = TinyModel.trainer()
    expectRefusal(trainer, broken) { $0 == "the loss (nan)" }
    for _ in 0..<2 {
      _ = try trainer.train(Self.images, masks: Self.masks, settings: TinyModel.settings())
    }
    expectRefusal(trainer, broken) { $0 == "the loss (nan)" }
    // And training goes on with good images.
    _ = try trainer.train(Self.images, masks: Self.masks, settings: TinyModel.settings())
    #expect(trainer.step == 3)
  }

  @Test func regularizer() {
    var trainer = TinyModel.trainer()
    trainer.regularizer = VarianceCovariance(varianceWeight: .infinity, covarianceWeight: 0)
    // Equal images: the variance is 0, and all of it is missing.
    let image = TinyModel.images(1)
    let equal = Tensor.concatenated([image, image, image, image], axis: 0)
    expectRefusal(trainer, equal) { $0 == "the regulariser (inf)" }
  }

  /// √ at a variance of exactly 0 has no finite slope.
  @Test func gradient() {
    var trainer = TinyModel.trainer(shards: 1)
    trainer.regularizer = VarianceCovariance(varianceWeight: 1, covarianceWeight: 0)
    trainer.regularizer.epsilon = 0
    let image = TinyModel.images(1)
    expectRefusal(trainer, image) { $0.hasPrefix("the gradient of encoder.") }
  }

  /// It would be divided by the rows once more.
  @Test func aLossThatIsAMeanIsRefused() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = TinyModel.make()
      var trainer = Trainer(
        model: JEPAModel(
          encoder: model.encoder, predictor: model.predictor, head: MeanLossHead(head: model.head)),
        shards: 1, random: RandomSource(seed: 8))
      _ = try trainer.train(
        TinyModel.images(2), masks: TinyModel.masks(2), settings: TinyModel.settings())
    }
    expectOneLine(
      result, "MeanLossPrediction.loss: [] for targets [", ", 16]", "one value a row",
      "leave out mean()")
  }

  @Test func masksOfAnotherGridAreRefused() async {
    // Every patch of them exists on the images' grid.
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var mask = MaskConfiguration()
      (mask.minKeep, mask.numPredMasks) = (1, 1)
      let masks = MaskSource(mask, grid: PatchGrid(rows: 2, columns: 3), seed: 1)
        .masks(epoch: 0, step: 0, indices: [0, 1])
      var trainer = TinyModel.trainer()
      _ = try trainer.train(TinyModel.images(2), masks: masks, settings: TinyModel.settings())
    }
    expectOneLine(result, "Trainer: masks of a grid of 2×3 patches, images of 4×4", "grid")
  }

  /// Nobody said whose they are, but they cannot be the images'.
  @Test func masksBeyondTheGridAreRefused() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let trainer = TinyModel.trainer()
      _ = trainer.lossAndGradients(
        TinyModel.images(1), masks: MaskBatch(contexts: [[[0, 1]]], targets: [[[2, 16]]]))
    }
    expectOneLine(result, "Trainer: masks with patch 16, images of 4×4 patches")
  }

  @Test func messageNamesTheWayOut() {
    let error = TrainingError.notFinite(step: 12, quantity: "the loss (inf)")
    #expect(
      error.description
        == "training stopped at step 12: the loss (inf) is not finite; earlier checkpoints are "
        + "intact; start another run with a lower optimization.lr or with optimization.clip_grad")
  }
}

/// A head whose loss is a mean over the rows, which a programmer may think is wanted.
private struct MeanLossHead: DensityPredictor {
  var head: PointHead

  func callAsFunction(_ context: Tensor) -> MeanLossPrediction {
    MeanLossPrediction(prediction: head(context))
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.module("head", &head) }
}

private struct MeanLossPrediction: ConditionalDensity {
  let prediction: PointHead.Prediction

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    prediction.loss(of: y, using: &random).mean()
  }

  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    prediction.sample(count, using: &random)
  }

  func mean(using random: inout RandomSource) -> Tensor { prediction.mean(using: &random) }
}
