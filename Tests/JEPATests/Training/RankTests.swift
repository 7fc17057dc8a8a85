import JEPADistributed
import JEPAPoint
import JEPATestSupport
import Testing

@testable import JEPA

/// Ranks that take a step together do what one process does.
@Suite struct RankTests {
  private static let (images, masks) = (TinyModel.images(8), TinyModel.masks(8))

  private static func trainer(
    _ ranks: any Communicator, dtype: DType = .float32, shards: Int? = nil, seed: UInt64 = 1
  ) -> Trainer<PointHead> {
    var model = TinyModel.make(
      dtype: dtype, seed: seed, dropPathRate: shards == nil ? 0 : 0.3)
    model.targetTransform.whitening = Whitening(dimensions: 16)
    var trainer = Trainer(
      model: model, shards: shards, random: RandomSource(seed: 8), communicator: ranks)
    trainer.regularizer = VarianceCovariance(
      varianceWeight: shards == nil ? 0 : 1, covarianceWeight: 0)
    return trainer
  }

  /// Some steps on the rank's part of the batch.
  private static func train(
    _ trainer: inout Trainer<PointHead>, steps: Int = 3
  ) throws -> [StepReport] {
    let ranks = trainer.communicator
    let own = BatchPartition(
      images: 8, shards: trainer.shards, rank: ranks.rank, of: ranks.count
    ).images
    return try (0..<steps).map { _ in
      try trainer.train(
        images.slice(axis: 0, own), masks: masks.images(own), settings: TinyModel.settings(clip: 1))
    }
  }

  /// With as many shards, whoever has them, the same bits: stochastic depth, regulariser, whitening
  /// included.
  @Test(arguments: [2, 4])
  func processesWithTheSameShardsGiveTheSameBits(_ count: Int) throws {
    var alone = Self.trainer(SingleProcess(), shards: 4)
    let expected = try Self.train(&alone)
    let results = try ThreadRanks.run(count) { ranks in
      var trainer = Self.trainer(ranks, shards: 4)
      return (try Self.train(&trainer), trainer)
    }
    for (reports, trainer) in results {
      for (report, one) in zip(reports, expected) {
        #expect(report.loss == one.loss && report.gradientNorm == one.gradientNorm)
        #expect(report.regularization == one.regularization && one.regularization > 0)
        #expect(
          report.contextTokens == one.contextTokens && report.targetTokens == one.targetTokens)
      }
      expectSameWeights(trainer.model, alone.model, "\(count) ranks")
      expectSameWeights(trainer.targetEncoder, alone.targetEncoder, "\(count) ranks")
      #expect(trainer.stateChecksum == alone.stateChecksum)
    }
  }

  /// One shard a rank: other sums, the same mean over all target rows, though ranks have unequal numbers of
  /// them.
  @Test(arguments: [2, 3, 5])
  func lossesAndGradientsAreMeansOverAllRows(_ count: Int) throws {
    let rows = (0..<8).map { Self.masks.images($0..<$0 + 1).targetRowCount }
    #expect(Set(rows).count > 1)
    var alone = Self.trainer(SingleProcess(), dtype: .float64, shards: nil)
    let expected = try Self.train(&alone)
    let results = try ThreadRanks.run(count) { ranks in
      try Parallelism.withThreads(1) {
        var trainer = Self.trainer(ranks, dtype: .float64)
        #expect(trainer.shards == count)
        return (try Self.train(&trainer), trainer)
      }
    }
    for (reports, trainer) in results {
      for (report, one) in zip(reports, expected) {
        #expect(abs(report.loss - one.loss) < 1e-10 * one.loss)
        #expect(abs(report.gradientNorm - one.gradientNorm) < 1e-9 * one.gradientNorm)
        #expect(report.targetTokens == rows.reduce(0, +))
      }
      expectSameWeights(trainer.model, results[0].1.model)
      for ((name, a), (_, b)) in zip(
        trainer.model.namedParameters(), alone.model.namedParameters())
      {
        expectClose(a, b, ofLargest: 1e-8, name)
      }
    }
  }

  /// A network that fails at the sizes, at the regularizer's sums, among the gradients or at the losses ends the
  /// step on every rank and changes nothing.
  @Test(arguments: 1...9)
  func aStepThatCannotBeExchangedEnds(_ exchanges: Int) throws {
    let results = try ThreadRanks.run(2) { ranks -> (failed: Bool, changed: Bool) in
      var trainer = Self.trainer(FailingRanks(ranks, after: exchanges), shards: 4)
      let before = trainer.stateChecksum
      do {
        _ = try Self.train(&trainer, steps: 1)
        return (false, true)
      } catch is CommunicatorError {
        return (true, trainer.stateChecksum != before)
      }
    }
    for result in results { #expect(result.failed && !result.changed) }
  }

  @Test func aProcessThatHasOtherImagesIsRefused() throws {
    let errors = try ThreadRanks.run(2) { ranks -> String in
      var trainer = Self.trainer(ranks, shards: 2)
      // 3 and 5 images where 4 and 4 are due.
      let own = ranks.rank == 0 ? 0..<3 : 3..<8
      do {
        _ = try trainer.train(
          Self.images.slice(axis: 0, own), masks: Self.masks.images(own),
          settings: TinyModel.settings())
        return ""
      } catch { return "\(error)" }
    }
    #expect(errors[0] == "process 0 was given 3 of 8 images, where its shards hold 4")
    #expect(errors[1] == "process 1 was given 5 of 8 images, where its shards hold 4")
  }

  /// Where processors differ, bits might; checkpoints are not written then.
  @Test func statesThatDifferAreFound() throws {
    let errors = try ThreadRanks.run(3) { ranks -> TrainingError? in
      let trainer = Self.trainer(ranks, shards: 3, seed: ranks.rank == 1 ? 2 : 1)
      do {
        _ = try trainer.requireSameState()
        return nil
      } catch let error as TrainingError { return error }
    }
    #expect(errors == Array(repeating: .ranksDiffer(step: 0, ranks: [1]), count: 3))
  }

  @Test func allTakeTheStateOfTheFirst() throws {
    var alone = Self.trainer(SingleProcess(), shards: 2)
    _ = try Self.train(&alone)
    let trained = alone
    let states = try ThreadRanks.run(2) { ranks in
      var trainer = Self.trainer(ranks, shards: 2, seed: ranks.rank == 0 ? 1 : 9)
      if ranks.rank == 0 {
        trainer.restore(
          model: trained.model, targetEncoder: trained.targetEncoder, optimizer: trained.optimizer,
          step: trained.step)
      }
      try trainer.takeStateOfFirstRank()
      return (trainer.step, trainer.optimizer.step, trainer.stateChecksum)
    }
    for state in states { #expect(state == (3, 3, trained.stateChecksum)) }
  }
}

/// Ranks whose network fails after some exchanges.
private final class FailingRanks: Communicator {
  private let ranks: any Communicator
  private let left: Lock<Int>

  init(_ ranks: any Communicator, after exchanges: Int) {
    self.ranks = ranks
    left = Lock(exchanges)
  }

  var rank: Int { ranks.rank }
  var count: Int { ranks.count }
  var isUsableFromAnyThread: Bool { ranks.isUsableFromAnyThread }

  private func take() throws {
    try left.withLock { left in
      if left == 0 { throw CommunicatorError("the network is gone") }
      left -= 1
    }
  }

  func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) throws {
    try take()
    try ranks.sum(values, of: type)
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
    try take()
    try ranks.broadcast(bytes, from: root)
  }

  func barrier() throws {
    try take()
    try ranks.barrier()
  }
}
