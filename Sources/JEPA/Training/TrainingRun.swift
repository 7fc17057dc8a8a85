import Foundation
import JEPAData
import JEPADensity
import JEPADistributed
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
  ///
  /// With several processes, each calls its own.
  public var step: (TrainingProgress) throws -> Void = { _ in }
  /// After epochs in which diagnostics are due, and before the first (epoch 0): their values by column
  /// name, logged beside the losses. With several processes, called on the first while the others wait.
  public var diagnostics: (_ epoch: Int, Trainer<Head>) throws -> [String: Double] = { _, _ in [:] }
  /// The columns that `diagnostics` fills; one that it fills without being among them is added when it comes. Where `effective_rank` is among them, `watchdog.rank_collapse`
  /// looks at it.
  public var diagnosticColumns: [String] = []
  /// Asked before the first step and after every one: whether to save a checkpoint and end the run. See
  /// ``StopSignals``. With several
  /// processes, one that says so ends the run of all.
  public var shouldStop: () -> Bool = { false }
  /// Are told of steps, epochs, evaluations and checkpoints, in this order.
  public var observers: [any TrainingObserver] = []

  public init() {}
}

/// How a run came to its end.
public enum TrainingOutcome: Sendable, Equatable {
  /// All steps were taken.
  case finished
  /// As ``TrainingCallbacks/shouldStop`` asked; there is a checkpoint of that step, unless it is 0.
  case stopped(step: Int)
}

/// Trains a model by a configuration, in a run folder: metrics, TensorBoard events, log, checkpoints.
///
/// Several processes train together where they are given a `Communicator`: each reads its part of every
/// batch, and the first alone reads and writes the run folder.
public struct TrainingRun<Head: DensityPredictor> {
  public let configuration: TrainingConfiguration
  public let folder: RunFolder
  public internal(set) var trainer: Trainer<Head>
  public let schedule: TrainingSchedule
  public let loader: ImageLoader
  let communicator: any Communicator
  /// This process's part of a batch.
  let partition: BatchPartition
  let masks: MaskSource
  private let origin: RunOrigin
  let notice: @Sendable (String) -> Void
  var watchdog: Watchdog
  /// What was noticed on opening, for the run's log.
  private var opening: [RunOpeningEvent] = []
  /// What the checkpoint that the run goes on from says of it.
  private let resumed: [String: String]
  /// The metrics of the run in progress, which reach the disk before a checkpoint does.
  private var metrics: MetricsLog?
  private var observers: [any TrainingObserver] = []
  /// Whether this process has taken a step, from which it knows what one needs.
  private var isFirstStepTaken = false
  /// The bytes that there must be before a further step, beside its tensors, for what libraries take.
  private static var room: Int { 32 << 20 }

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
  ///   - parts: what the configuration does not say, or says otherwise.
  ///   - communicator: the processes that train together; one alone unless given.
  ///   - log: receives one line for each broken image, damaged checkpoint, and skipped or undone step.
  /// - Throws: `ConfigurationError` where the data set is smaller than a batch, or the batch than the number
  ///   of processes; `FileError` where the folder is another process's, no checkpoint in it is whole, or the
  ///   newest is of a run with other settings or other data; what reading a checkpoint throws;
  ///   `JointFailure` with several processes.
  public init(
    _ configuration: TrainingConfiguration, folder: RunFolder, model: JEPAModel<Head>,
    dataset: any ImageDataset, resume: Bool = false,
    parts: TrainingParts = TrainingParts(), communicator: any Communicator = SingleProcess(),
    log: @escaping @Sendable (String) -> Void = StandardErrorLog.write
  ) throws {
    let isFirst = communicator.rank == 0
    let configuration = try configuration.withOnePrecision(
      resuming: resume ? folder : nil, over: communicator)
    self.configuration = configuration
    self.communicator = communicator
    notice = { line in if isFirst { log(line) } }
    let origin = RunOrigin(dataset)
    self.origin = origin
    watchdog = Watchdog(configuration.watchdog)
    typealias Opened = (folder: RunFolder, found: ResumePoint?, events: [RunOpeningEvent])
    let opened = try communicator.together { () throws -> Opened in
      try configuration.requireFullBatch(in: dataset, processes: communicator.count)
      guard isFirst else { return (folder, nil, []) }
      let locked = try folder.locked()
      let found = resume ? try ResumePoint(locked) : nil
      return (locked, found, try found?.check(configuration, origin) ?? [])
    }
    self.folder = opened.folder
    let found = opened.found
    opening = opened.events
    resumed = found?.metadata ?? [:]
    try origin.requireSame(over: communicator)
    loader = configuration.loader(for: dataset, log: log)
    let schedule = TrainingSchedule(
      configuration.optimization, stepsPerEpoch: loader.stepsPerEpoch)
    self.schedule = parts.schedule(schedule)
    masks = MaskSource(
      configuration.mask, grid: model.encoder.configuration.grid, seed: configuration.meta.seed,
      dataset: dataset)
    let checkpoint = found?.checkpoint
    let shards = try communicator.shared {
      try checkpoint.map { try Checkpoint.shards(at: $0) } ?? Parallelism.threads
        * communicator.count
    }
    trainer = Trainer(
      model: model,
      computeType: configuration.meta.precision.dtype,
      shards: shards,
      random: RandomSource(seed: configuration.meta.seed).split("training"),
      optimizer: parts.optimizer ?? configuration.optimization.optimizer.make(),
      communicator: communicator)
    partition = BatchPartition(
      images: configuration.data.batchSize, shards: trainer.shards, rank: communicator.rank,
      of: communicator.count)
    trainer.regularizer = VarianceCovariance(
      varianceWeight: configuration.optimization.varianceWeight,
      covarianceWeight: configuration.optimization.covarianceWeight)
    trainer.lossWeight = configuration.optimization.lossWeight
    var restored = trainer
    try communicator.together {
      if let checkpoint { try Checkpoint.restore(&restored, from: checkpoint) }
    }
    trainer = restored
    try trainer.takeStateOfFirstRank()
    watchdog.restore(try communicator.shared { found?.metadata[Self.watchdogKey] ?? "" })
    if let event = changedProcesses(found?.metadata, shards: shards) { opening.append(event) }
    for event in opening { notice(event.line) }
  }

  /// Steps of the whole run.
  public var steps: Int { configuration.optimization.epochs * loader.stepsPerEpoch }

  /// Trains to the end, or until ``TrainingCallbacks/shouldStop`` says so.
  ///
  /// - Throws: `MemoryShortage` where a further step would not have the memory that it needs;
  ///   ``TrainingError`` where the watchdog stops the run, as it does at a loss or gradient that is
  ///   not finite unless told otherwise; `TooManyBrokenImages`, or the `ImageError` of a system that failed to read
  ///   an image; `FileError` where the run folder cannot be
  ///   written; what a callback throws. The last checkpoint stays intact.
  @discardableResult
  public mutating func run(
    _ callbacks: TrainingCallbacks<Head> = TrainingCallbacks()
  ) throws -> TrainingOutcome {
    // Asked while the data or a large checkpoint were read.
    if try communicator.any(callbacks.shouldStop()), trainer.step < steps || isEvaluationDue {
      return .stopped(step: trainer.step)
    }
    observers = callbacks.observers
    defer { observers = [] }
    let isNew = trainer.step == 0
    let (log, events) = try communicator.together { try openLogs(callbacks.diagnosticColumns) }
    metrics = log
    defer { metrics = nil }
    if isNew {
      if configuration.evaluation.every > 0 {
        let values = try communicator.shared { () -> [String: Double] in
          guard let log else { return [:] }
          let values = try callbacks.diagnostics(0, trainer)
          try log.write(step: 0, values)
          return values
        }
        for observer in observers { try observer.evaluated(values, epoch: 0, trainer: trainer) }
      }
      if configuration.watchdog.rollsBack { try writeCheckpoint(events) }
    } else if trainer.step % loader.stepsPerEpoch == 0 {
      // The checkpoint comes before the evaluation, which may not have been reached.
      try finishEpoch(log, events, callbacks)
    }
    let outcome = try takeSteps(log, events, callbacks)
    let state = CRC32C.digits(try requireSameState(events))
    try events?.record(
      outcome == .finished ? "finish" : "stop", step: trainer.step, ["state": state])
    try communicator.together {
      try log?.sync()
      try events?.sync()
    }
    return outcome
  }

  /// The files that the first process writes to.
  private func openLogs(_ diagnosticColumns: [String]) throws -> (MetricsLog?, RunLog?) {
    guard communicator.rank == 0 else { return (nil, nil) }
    let isNew = trainer.step == 0
    let log = try MetricsLog(
      folder: folder, columns: Self.columns + diagnosticColumns,
      resumedStep: isNew ? nil : trainer.step)
    let events = try RunLog(folder)
    try events.record(
      isNew ? "start" : "resume", step: trainer.step,
      [
        "program": origin.program, "dataset": origin.dataset,
        "processes": String(communicator.count), "shards": String(trainer.shards),
      ])
    for event in opening { try events.record(event.name, step: trainer.step, event.details) }
    if !isNew {
      let lines = [
        ("dropped-rows", log.csv.notice),
        ("missing-rows", log.missing(resumed, step: trainer.step)),
      ]
      for case (let name, let line?) in lines {
        notice(line)
        try events.record(name, step: trainer.step, ["cause": line])
      }
    }
    return (log, events)
  }

  private mutating func takeSteps(
    _ log: MetricsLog?, _ events: RunLog?, _ callbacks: TrainingCallbacks<Head>
  ) throws -> TrainingOutcome {
    let perEpoch = loader.stepsPerEpoch
    while trainer.step < steps {
      let epoch = trainer.step / perEpoch
      let batches = loader.batches(
        epoch: epoch, from: trainer.step % perEpoch, part: partition.images)
      var clock = ContinuousClock.now
      while let batch = try batches.next() {
        if let progress = try watchedStep(batch, epoch: epoch, since: clock, events) {
          try callbacks.step(progress)
          for observer in observers { try observer.tookStep(progress, trainer: trainer) }
          if progress.step % configuration.logging.logFreq == 0 || progress.step == steps {
            try log?.write(progress)
          }
        }
        let isEpochEnd = trainer.step % perEpoch == 0
        let stops = try communicator.any(callbacks.shouldStop())
        if stops || isRegular(trainer.step) { try writeCheckpoint(events) }
        if isEpochEnd {
          for observer in observers { try observer.finishedEpoch(epoch + 1, trainer: trainer) }
        }
        if stops, trainer.step < steps || isEvaluationDue { return .stopped(step: trainer.step) }
        if isEpochEnd { try finishEpoch(log, events, callbacks) }
        if trainer.step < steps, isEpochEnd, try communicator.any(callbacks.shouldStop()) {
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
    if isFirstStepTaken { try OutOfMemory.requireRoom(Self.room) }
    defer { isFirstStepTaken = true }
    let settings = StepSettings(
      learningRate: schedule.learningRate.value(at: step),
      weightDecay: schedule.weightDecay.value(at: step),
      momentum: schedule.momentum.value(at: step),
      gradientClip: configuration.optimization.clipGrad)
    let report = try trainer.train(
      batch.images,
      masks: masks(of: batch, epoch: epoch, step: step % loader.stepsPerEpoch),
      settings: settings)
    let seconds = (ContinuousClock.now - clock) / .seconds(1)
    return TrainingProgress(
      epoch: epoch + 1, epochs: configuration.optimization.epochs, step: step + 1, steps: steps,
      report: report, settings: settings, imagesPerSecond: Double(partition.imageCount) / seconds)
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
    _ log: MetricsLog?, _ events: RunLog?, _ callbacks: TrainingCallbacks<Head>
  ) throws {
    guard isEvaluationDue else { return }
    let epoch = trainer.step / loader.stepsPerEpoch
    let values = try communicator.shared { () -> [String: Double] in
      guard let log else { return [:] }
      var values = try log.evaluation(step: trainer.step, columns: callbacks.diagnosticColumns)
      if values.isEmpty {
        values = try callbacks.diagnostics(epoch, trainer)
        try log.write(step: trainer.step, values)
      }
      return values
    }
    for observer in observers { try observer.evaluated(values, epoch: epoch, trainer: trainer) }
    if let rank = values["effective_rank"] { try watchRank(rank, events) }
  }

  static var watchdogKey: String { "watchdog" }

  /// Saves the state, which must be that of all processes.
  func writeCheckpoint(_ events: RunLog?) throws {
    if communicator.count > 1 { _ = try requireSameState(events) }
    try communicator.together { if communicator.rank == 0 { try saveCheckpoint(events) } }
  }

  private func saveCheckpoint(_ events: RunLog?) throws {
    // What a resumed run does not write again must not be behind the checkpoint.
    try metrics?.sync()
    try events?.sync()
    var notes = ["dataset": origin.dataset, "program": origin.program]
    notes[Self.processesKey] = String(communicator.count)
    notes[Self.watchdogKey] = watchdog.saved
    notes.merge(metrics?.note(step: trainer.step) ?? [:]) { $1 }
    let path = folder.checkpoint(step: trainer.step)
    try Checkpoint.write(
      trainer, configuration: configuration, notes: notes, to: URL(filePath: path))
    for observer in observers { try observer.saved(checkpoint: path, trainer: trainer) }
    let frequency = configuration.logging.checkpointFreq * loader.stepsPerEpoch
    // What the watchdog may go back to.
    let regular =
      configuration.watchdog.rollsBack ? folder.checkpointSteps().filter(isRegular).suffix(2) : []
    try folder.removeCheckpoints(keepingNewest: configuration.logging.keep) {
      $0 == trainer.step || $0 > 0 && $0 % frequency == 0 || regular.contains($0)
    }
  }
}
