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
  /// The columns that `diagnostics` fills.
  public var diagnosticColumns: [String] = []

  public init() {}
}

/// Trains a model by a configuration, in a run folder: metrics, TensorBoard events, checkpoints.
public struct TrainingRun<Head: DensityPredictor> {
  public let configuration: TrainingConfiguration
  public let folder: RunFolder
  public private(set) var trainer: Trainer<Head>
  public let schedule: TrainingSchedule
  public let loader: ImageLoader
  private let masks: MaskSource

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
  ///   - log: receives one line for each broken image.
  /// - Throws: `ConfigurationError` where the data set is smaller than a batch; what reading a
  ///   checkpoint throws.
  public init(
    _ configuration: TrainingConfiguration, folder: RunFolder, model: JEPAModel<Head>,
    dataset: any ImageDataset, resume: Bool = false,
    log: @escaping @Sendable (String) -> Void = ImageLoader.logToStandardError
  ) throws {
    self.configuration = configuration
    self.folder = folder
    try configuration.requireFullBatch(in: dataset)
    loader = configuration.loader(for: dataset, log: log)
    schedule = TrainingSchedule(
      configuration.optimization, stepsPerEpoch: loader.stepsPerEpoch)
    masks = MaskSource(
      configuration.mask, grid: model.encoder.configuration.grid, seed: configuration.meta.seed,
      dataset: dataset)
    let latest = resume ? folder.checkpointSteps().last : nil
    let checkpoint = latest.map { URL(filePath: folder.checkpoint(step: $0)) }
    trainer = Trainer(
      model: model,
      computeType: configuration.meta.resolvedPrecision == .bfloat16 ? .bfloat16 : .float32,
      shards: try checkpoint.map { try Checkpoint.shards(at: $0) },
      random: RandomSource(seed: configuration.meta.seed).split("training"))
    trainer.regularizer = VarianceCovariance(
      varianceWeight: configuration.optimization.varianceWeight,
      covarianceWeight: configuration.optimization.covarianceWeight)
    trainer.lossWeight = configuration.optimization.lossWeight
    if let checkpoint { try Checkpoint.restore(&trainer, from: checkpoint) }
  }

  /// Steps of the whole run.
  public var steps: Int { configuration.optimization.epochs * loader.stepsPerEpoch }

  /// Trains to the end.
  ///
  /// - Throws: ``TrainingError`` where a loss or gradient is not finite; `TooManyBrokenImages`;
  ///   `FileError` where the run folder cannot be written; what a callback throws. The last
  ///   checkpoint stays intact.
  public mutating func run(_ callbacks: TrainingCallbacks<Head> = TrainingCallbacks()) throws {
    let isNew = trainer.step == 0
    let log = try MetricsLog(
      folder: folder, columns: Self.columns + callbacks.diagnosticColumns,
      resumedStep: isNew ? nil : trainer.step)
    if isNew, configuration.evaluation.every > 0 {
      try log.write(step: 0, try callbacks.diagnostics(0, trainer))
    }
    let perEpoch = loader.stepsPerEpoch
    while trainer.step < steps {
      let epoch = trainer.step / perEpoch
      let batches = loader.batches(epoch: epoch, from: trainer.step % perEpoch)
      var clock = ContinuousClock.now
      while let batch = try batches.next() {
        let progress = try step(batch, epoch: epoch, since: &clock)
        try callbacks.step(progress)
        if progress.step % configuration.logging.logFreq == 0 || progress.step == steps {
          try log.write(progress)
        }
        let isEpochEnd = progress.step % perEpoch == 0
        if isEpochEnd { try finishEpoch(epoch + 1, log, callbacks) }
        if isEpochEnd
          || configuration.logging.checkpointSteps.map({ progress.step % $0 == 0 }) ?? false
        {
          try writeCheckpoint()
        }
        clock = .now
      }
    }
  }

  private mutating func step(
    _ batch: ImageBatch, epoch: Int, since clock: inout ContinuousClock.Instant
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

  private func finishEpoch(
    _ epoch: Int, _ log: MetricsLog, _ callbacks: TrainingCallbacks<Head>
  ) throws {
    let every = configuration.evaluation.every
    let isLast = epoch == configuration.optimization.epochs
    guard every > 0, epoch % every == 0 || isLast else { return }
    try log.write(step: trainer.step, try callbacks.diagnostics(epoch, trainer))
  }

  private func writeCheckpoint() throws {
    try Checkpoint.write(
      trainer, configuration: configuration,
      to: URL(filePath: folder.checkpoint(step: trainer.step)))
    let frequency = configuration.logging.checkpointFreq * loader.stepsPerEpoch
    try folder.removeCheckpoints(keepingNewest: configuration.logging.keep) {
      $0 % frequency == 0
    }
  }
}

/// `metrics.csv` and the TensorBoard events, written together.
private struct MetricsLog {
  let csv: MetricsCSV
  let events: TensorBoardWriter

  init(folder: RunFolder, columns: [String], resumedStep: Int?) throws {
    csv = try MetricsCSV(path: folder.metrics, columns: columns, resumedStep: resumedStep)
    events = try TensorBoardWriter(folder: folder.events, resumedStep: resumedStep)
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
