import JEPA
import JEPAPoint
import TestSupport
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
    for (name, moment) in trainer.optimizer.firstMoments {
      expectSameBits(
        copy.optimizer.firstMoments[name] ?? .zeros([0]), moment, name,
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

  @Test func messageNamesTheWayOut() {
    let error = TrainingError.notFinite(step: 12, quantity: "the loss (inf)")
    #expect(
      error.description
        == "training stopped at step 12: the loss (inf) is not finite; earlier checkpoints are "
        + "intact; start another run with a lower optimization.lr or with optimization.clip_grad")
  }
}
