import Foundation
import JEPAData
import JEPADensity
import JEPATensor
import JEPAViT

/// What a run tells while it goes on.
public struct TrainingProgress: Sendable {
  /// Counted from 1.
  public let epoch: Int
  public let epochs: Int
  /// Steps taken, this one included.
  public let step: Int
  public let steps: Int
  public let report: StepReport
  public let settings: StepSettings
  /// Images per second of this step, loading included.
  public let imagesPerSecond: Double
}

/// What is called during a run.
public struct TrainingCallbacks<Head: DensityPredictor> {
  /// After every step.
  public var step: (TrainingProgress) throws -> Void = { _ in }
  /// After epochs in which diagnostics are due, and before the first (epoch 0): their values by column
  /// name, logged beside the losses.
  public var diagnostics: (_ epoch: Int, Trainer<Head>) throws -> [String: Double] = { _, _ in [:] }
  /// The columns that `diagnostics` fills. Where `effective_rank` is among them, `watchdog.rank_collapse`
  /// looks at it.
  public var diagnosticColumns: [String] = []
  /// Asked after every step: whether to save a checkpoint and end the run. See ``StopSignals``.
  public var shouldStop: () -> Bool = { false }

  public init() {}
}

/// How a run came to its end.
public enum TrainingOutcome: Sendable, Equatable {
  /// All steps were taken.
  case finished
  /// As ``TrainingCallbacks/shouldStop`` asked; there is a checkpoint of that step.
  case stopped(step: Int)
}

/// Trains a model by a configuration, in a run folder: metrics, TensorBoard events, log, checkpoints.
public struct TrainingRun<Head: DensityPredictor> {
  public let configuration: TrainingConfiguration
  public let folder: RunFolder
  public internal(set) var trainer: Trainer<Head>
  public let schedule: TrainingSchedule
  public let loader: ImageLoader
  private let masks: MaskSource
  private let origin: RunOrigin
  let notice: @Sendable (String) -> Void
  var watchdog: Watchdog
  /// What was noticed on opening, for the run's log.
  private var opening: [RunOpeningEvent] = []

  /// The columns of `metrics.csv` that training itself fills.
  public static var columns: [String] {
    [
      "step", "epoch", "loss", "regularization", "learning_rate", "weight_decay", "momentum",
      "gradient_norm", "context_tokens", "target_tokens", "images_per_second",
    ]
  }

  /// - Parameters:
  ///   - model: initial weights; those of the checkpoint replace them where the run is resumed.
  ///   - dataset: the training images.
  ///   - resume: continue from the newest checkpoint in `folder`, if it has one.
  ///   - log: receives one line for each broken image, damaged checkpoint, and skipped or undone step.
  /// - Throws: `ConfigurationError` where the data set is smaller than a batch; `FileError` where the
  ///   folder is another process's, no checkpoint in it is whole, or the newest is of a run with other
  ///   settings or other data; what reading a checkpoint throws.
  public init(
    _ configuration: TrainingConfiguration, folder: RunFolder, model: JEPAModel<Head>,
    dataset: any ImageDataset, resume: Bool = false,
    log: @escaping @Sendable (String) -> Void = ImageLoader.logToStandardError
  ) throws {
    self.configuration = configuration
    self.folder = try folder.locked()
    notice = log
    origin = RunOrigin(dataset)
    watchdog = Watchdog(configuration.watchdog)
    try configuration.requireFullBatch(in: dataset)
    loader = configuration.loader(for: dataset, log: log)
    schedule = TrainingSchedule(
      configuration.optimization, stepsPerEpoch: loader.stepsPerEpoch)
    masks = MaskSource(
      configuration.mask, grid: model.encoder.configuration.grid, seed: configuration.meta.seed,
      dataset: dataset)
    let found = resume ? try ResumePoint(self.folder) : nil
    let checkpoint = found?.checkpoint
    trainer = Trainer(
      model: model,
      computeType: configuration.meta.resolvedPrecision == .bfloat16 ? .bfloat16 : .float32,
      shards: try checkpoint.map { try Checkpoint.shards(at: $0) },
      random: RandomSource(seed: configuration.meta.seed).split("training"))
    trainer.regularizer = VarianceCovariance(
      varianceWeight: configuration.optimization.varianceWeight,
      covarianceWeight: configuration.optimization.covarianceWeight)
    trainer.lossWeight = configuration.optimization.lossWeight
    guard let found else { return }
    opening = try found.check(configuration, origin)
    if let checkpoint {
      try Checkpoint.restore(&trainer, from: checkpoint)
      watchdog.restore(found.metadata[Self.watchdogKey])
    }
    for event in opening { log(event.line) }
  }

  /// Steps of the whole run.
  public var steps: Int { configuration.optimization.epochs * loader.stepsPerEpoch }

  /// Trains to the end, or until ``TrainingCallbacks/shouldStop`` says so.
  ///
  /// - Throws: ``TrainingError`` where the watchdog stops the run, as it does at a loss or gradient that is
  ///   not finite unless told otherwise; `TooManyBrokenImages`; `FileError` where the run folder cannot be
  ///   written; what a callback throws. The last checkpoint stays intact.
  @discardableResult
  public mutating func run(
    _ callbacks: TrainingCallbacks<Head> = TrainingCallbacks()
  ) throws -> TrainingOutcome {
    let isNew = trainer.step == 0
    let log = try MetricsLog(
      folder: folder, columns: Self.columns + callbacks.diagnosticColumns,
      resumedStep: isNew ? nil : trainer.step)
    let events = try RunLog(folder)
    try events.record(
      isNew ? "start" : "resume", step: trainer.step,
      ["program": origin.program, "dataset": origin.dataset])
    for event in opening { try events.record(event.name, step: trainer.step, event.details) }
    if isNew {
      if configuration.evaluation.every > 0 {
        try log.write(step: 0, try callbacks.diagnostics(0, trainer))
      }
      if configuration.watchdog.rollsBack { try writeCheckpoint() }
    } else if trainer.step % loader.stepsPerEpoch == 0 {
      // The checkpoint comes before the evaluation, which may not have been reached.
      try finishEpoch(log, events, callbacks)
    }
    let outcome = try takeSteps(log, events, callbacks)
    try events.record(outcome == .finished ? "finish" : "stop", step: trainer.step)
    return outcome
  }

  private mutating func takeSteps(
    _ log: MetricsLog, _ events: RunLog, _ callbacks: TrainingCallbacks<Head>
  ) throws -> TrainingOutcome {
    let perEpoch = loader.stepsPerEpoch
    while trainer.step < steps {
      let epoch = trainer.step / perEpoch
      let batches = loader.batches(epoch: epoch, from: trainer.step % perEpoch)
      var clock = ContinuousClock.now
      while let batch = try batches.next() {
        if let progress = try watchedStep(batch, epoch: epoch, since: clock, events) {
          try callbacks.step(progress)
          if progress.step % configuration.logging.logFreq == 0 || progress.step == steps {
            try log.write(progress)
          }
        }
        let isEpochEnd = trainer.step % perEpoch == 0
        let stops = callbacks.shouldStop()
        if stops || isRegular(trainer.step) { try writeCheckpoint() }
        if stops, trainer.step < steps || isEvaluationDue { return .stopped(step: trainer.step) }
        if isEpochEnd { try finishEpoch(log, events, callbacks) }
        if trainer.step < steps, isEpochEnd, callbacks.shouldStop() {
          return .stopped(step: trainer.step)
        }
        clock = .now
      }
    }
    return .finished
  }

  mutating func step(
    _ batch: ImageBatch, epoch: Int, since clock: ContinuousClock.Instant
  ) throws -> TrainingProgress {
    let step = trainer.step
    let settings = StepSettings(
      learningRate: schedule.learningRate.value(at: step),
      weightDecay: schedule.weightDecay.value(at: step),
      momentum: schedule.momentum.value(at: step),
      gradientClip: configuration.optimization.clipGrad)
    let report = try trainer.train(
      batch.images,
      masks: masks.masks(
        epoch: epoch, step: step % loader.stepsPerEpoch, indices: batch.indices),
      settings: settings)
    let seconds = (ContinuousClock.now - clock) / .seconds(1)
    return TrainingProgress(
      epoch: epoch + 1, epochs: configuration.optimization.epochs, step: step + 1, steps: steps,
      report: report, settings: settings, imagesPerSecond: Double(batch.count) / seconds)
  }

  /// Whether an evaluation is due after the steps taken, which end an epoch.
  private var isEvaluationDue: Bool {
    let every = configuration.evaluation.every
    let epoch = trainer.step / loader.stepsPerEpoch
    return every > 0 && trainer.step % loader.stepsPerEpoch == 0
      && (epoch % every == 0 || epoch == configuration.optimization.epochs)
  }

  /// Evaluates and logs, unless the metrics have it from before an interruption.
  private mutating func finishEpoch(
    _ log: MetricsLog, _ events: RunLog, _ callbacks: TrainingCallbacks<Head>
  ) throws {
    guard isEvaluationDue else { return }
    let epoch = trainer.step / loader.stepsPerEpoch
    var values = try log.evaluation(step: trainer.step, columns: callbacks.diagnosticColumns)
    if values.isEmpty {
      values = try callbacks.diagnostics(epoch, trainer)
      try log.write(step: trainer.step, values)
    }
    if let rank = values["effective_rank"] { try watchRank(rank, events) }
  }

  static var watchdogKey: String { "watchdog" }

  func writeCheckpoint() throws {
    var notes = ["dataset": origin.dataset, "program": origin.program]
    notes[Self.watchdogKey] = watchdog.saved
    try Checkpoint.write(
      trainer, configuration: configuration, notes: notes,
      to: URL(filePath: folder.checkpoint(step: trainer.step)))
    let frequency = configuration.logging.checkpointFreq * loader.stepsPerEpoch
    // What the watchdog may go back to.
    let regular =
      configuration.watchdog.rollsBack ? folder.checkpointSteps().filter(isRegular).suffix(2) : []
    try folder.removeCheckpoints(keepingNewest: configuration.logging.keep) {
      $0 > 0 && $0 % frequency == 0 || regular.contains($0)
    }
  }
}

/// `metrics.csv` and the TensorBoard events, written together.
struct MetricsLog {
  let csv: MetricsCSV
  let events: TensorBoardWriter

  init(folder: RunFolder, columns: [String], resumedStep: Int?) throws {
    csv = try MetricsCSV(path: folder.metrics, columns: columns, resumedStep: resumedStep)
    events = try TensorBoardWriter(folder: folder.events, resumedStep: resumedStep)
  }

  /// What the metrics hold of an evaluation after that step; empty where there was none.
  func evaluation(step: Int, columns: [String]) throws -> [String: Double] {
    let rows = try MetricsCSV.rows(of: csv.path).filter { $0["step"] == Double(step) }
    return rows.last { row in columns.contains { row[$0] != nil } } ?? [:]
  }

  func write(_ progress: TrainingProgress) throws {
    let values = [
      "epoch": Double(progress.epoch), "loss": progress.report.loss,
      "regularization": progress.report.regularization,
      "learning_rate": progress.settings.learningRate,
      "weight_decay": progress.settings.weightDecay, "momentum": progress.settings.momentum,
      "gradient_norm": progress.report.gradientNorm,
      "context_tokens": Double(progress.report.contextTokens),
      "target_tokens": Double(progress.report.targetTokens),
      "images_per_second": progress.imagesPerSecond,
    ]
    try write(step: progress.step, values, prefix: "train/")
  }

  func write(step: Int, _ values: [String: Double], prefix: String = "evaluation/") throws {
    if values.isEmpty { return }
    try csv.append(step: step, values)
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      try events.scalar(prefix + name, value, step: step)
    }
  }
}
