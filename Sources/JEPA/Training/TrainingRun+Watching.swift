import Foundation
import JEPAData
import JEPADensity
import JEPADistributed
import JEPATensor

// Faults in training, and what the watchdog does about them.

extension TrainingRun {
  /// Whether a run without interruptions writes a checkpoint after so many steps.
  func isRegular(_ step: Int) -> Bool {
    step % loader.stepsPerEpoch == 0
      || configuration.logging.checkpointSteps.map { step % $0 == 0 } ?? false
  }

  /// One step; nil where the watchdog passed over its batch. The run is a step further either way.
  mutating func watchedStep(
    _ batch: ImageBatch, epoch: Int, since clock: ContinuousClock.Instant, _ events: RunLog?
  ) throws -> TrainingProgress? {
    guard watchdog.isActive else { return try step(batch, epoch: epoch, since: clock) }
    let number = trainer.step + 1
    trainer.admission = { [watchdog] loss in
      if let cause = watchdog.spike(loss) {
        throw TrainingError.lossSpike(step: number, cause: cause)
      }
    }
    // A batch moves the targets' moments before its loss is known.
    let transform = trainer.model.targetTransform
    do {
      let progress = try step(batch, epoch: epoch, since: clock)
      watchdog.accept(progress.report.loss)
      return progress
    } catch let error as TrainingError {
      try recover(from: error, transform, events)
    } catch let error as LinearAlgebraError {
      let quantity = "the targets' covariance (\(error))"
      try recover(from: .notFinite(step: number, quantity: quantity), transform, events)
    }
    return nil
  }

  /// Skips the step at fault, with the targets' moments as before it, or goes back; the step counts as
  /// taken.
  private mutating func recover(
    from error: TrainingError, _ transform: TargetTransform, _ events: RunLog?
  ) throws {
    let number = trainer.step + 1
    let policy: WatchdogPolicy
    switch error {
    case .notFinite: policy = configuration.watchdog.notFinite
    case .lossSpike: policy = configuration.watchdog.lossSpike
    default: policy = .stop
    }
    try begin(policy, error, step: number, events)
    if policy == .rollback { return try goBack(because: error, before: number, events) }
    var model = trainer.model
    model.targetTransform = transform
    trainer.restore(
      model: model, targetEncoder: trainer.targetEncoder, optimizer: trainer.optimizer, step: number
    )
    try tell(error, step: number, "the batch is skipped", events)
  }

  /// Looks at the features' effective rank after an epoch.
  mutating func watchRank(_ rank: Double, _ events: RunLog?) throws {
    guard let cause = watchdog.collapse(rank, step: trainer.step) else { return }
    let error = TrainingError.rankCollapse(step: trainer.step, cause: cause)
    try begin(configuration.watchdog.rankCollapse, error, step: trainer.step, events)
    watchdog.noteCollapse(step: trainer.step)
    try goBack(because: error, before: trainer.step, events)
    // The state of this step is no longer the one that was saved.
    try writeCheckpoint(events)
  }

  /// Counts the intervention and, where the run is to stop, logs and throws.
  private mutating func begin(
    _ policy: WatchdogPolicy, _ error: TrainingError, step: Int, _ events: RunLog?
  ) throws {
    do {
      if policy == .stop || policy == .none { throw error }
      try watchdog.intervene(step: step, cause: error.cause)
    } catch let stop as TrainingError {
      try events?.record(error.event, step: step, ["cause": stop.cause, "action": "stop"])
      throw stop
    }
  }

  /// Takes model, moving average and optimiser from the newest regular checkpoint before `step`, and counts
  /// the steps up to it as taken.
  private mutating func goBack(
    because error: TrainingError, before step: Int, _ events: RunLog?
  ) throws {
    var restored = trainer
    // As one rank finds it, all have it.
    let earlier = try communicator.shared { () -> [Int] in
      for earlier in folder.checkpointSteps().reversed() where earlier < step && isRegular(earlier)
      {
        let url = URL(filePath: folder.checkpoint(step: earlier))
        do {
          try Checkpoint.verify(url)
        } catch {
          notice("\(error); the checkpoint before it is taken")
          continue
        }
        try Checkpoint.restore(&restored, from: url)
        return [earlier]
      }
      return []
    }
    guard let earlier = earlier.first else {
      throw TrainingError.nothingToGoBackTo(step: step, cause: error.cause)
    }
    trainer = restored
    try trainer.takeStateOfFirstRank()
    trainer.restore(
      model: trainer.model, targetEncoder: trainer.targetEncoder, optimizer: trainer.optimizer,
      step: step)
    try tell(error, step: step, "the model is that of step \(earlier) again", events)
  }

  private func tell(_ error: TrainingError, step: Int, _ action: String, _ events: RunLog?) throws {
    try events?.record(error.event, step: step, ["cause": error.cause, "action": action])
    notice("step \(step): \(error.cause); \(action)")
  }
}
