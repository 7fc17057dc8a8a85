import Foundation
import JEPA
import JEPAData
import JEPADistributed
import JEPAEval
import JEPAHeads

/// What `jepa train` does, and `jepa compare` for each of its models: a run in a run folder.
struct TrainingJob: HeadOperation {
  let configuration: TrainingConfiguration
  let path: String
  let resume: Bool
  let changes: [String]
  let communicator: any Communicator
  let train: any ImageDataset
  let validation: (any ImageDataset)?

  /// - Parameters:
  ///   - path: the run folder.
  ///   - resume: whether it is there already.
  ///   - changes: what a resumed run changes of its settings, in words.
  ///   - communicator: the processes that train together; one alone unless given.
  init(
    _ configuration: TrainingConfiguration, path: String, resume: Bool, changes: [String] = [],
    communicator: any Communicator = SingleProcess()
  ) throws {
    self.configuration = configuration
    self.path = path
    self.resume = resume
    self.changes = changes
    self.communicator = communicator
    train = try configuration.data.openDataset(.train)
    let found =
      configuration.evaluation.every > 0 && train.isLabeled
      ? try configuration.data.openDataset(.validation) : nil
    validation = found?.isLabeled == true ? found : nil
  }

  /// Trains to the end, with the configuration's number of threads.
  func run() throws {
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    try JEPATool.heads.run(self, head: JEPATool.heads.head(of: configuration))
  }

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws {
    let model = try configuration.model(head: makeHead)
    try communicator.together { try configuration.requireFullBatch(in: train) }
    let folder = try communicator.together { try runFolder() }
    let notices = Notices()
    changes.forEach(notices.add)
    let log = isFirst ? notices.add : lineOfProcess
    var run = try TrainingRun(
      configuration, folder: folder, model: model, dataset: train, resume: resume,
      parts: JEPATool.parts.training(configuration), communicator: communicator, log: log)
    // The precision that `auto` means is known now.
    let settings = run.configuration
    // From here on, what was changed is the run's.
    try communicator.together {
      if isFirst, !changes.isEmpty {
        try folder.write(settings)
      }
    }
    let taken = run.trainer.step
    var progress = ProgressLine(
      batchSize: settings.data.batchSize, interval: settings.logging.logFreq,
      step: taken, isSilent: !isFirst)
    func showNotices() {
      for notice in notices.take() { progress.note(notice) }
    }
    if !(try JEPATool.heads.type(of: settings.head).isDeterministic),
      let warning = settings.target.warning
    {
      progress.note(warning)
    }
    progress.note(
      opening(model.parameterCount, run.loader.stepsPerEpoch, taken, settings.meta.precision))
    for remark in dataRemarks { progress.note(remark) }
    if taken >= run.steps {
      progress.note("\(path): all steps were taken before; nothing is left to do")
    }
    var callbacks = TrainingCallbacks<Head>()
    callbacks.step = { state in
      showNotices()
      progress.update(
        ProgressLine.State(
          epoch: state.epoch, epochs: state.epochs, step: state.step, steps: state.steps,
          values: [("loss", state.report.loss), ("lr", state.settings.learningRate)]))
    }
    if let validation {
      let diagnostics = OnlineDiagnostics(
        configuration: settings, train: train, validation: validation, log: notices.add)
      let densities = try DensityDiagnostics(
        settings, grid: model.encoder.configuration.grid, dataset: validation,
        log: notices.add)
      callbacks.diagnosticColumns = OnlineDiagnostics.columns + DensityDiagnostics.columns
      callbacks.diagnostics = { epoch, trainer in
        let values = try progress.pausing {
          try diagnostics.measure(trainer.targetEncoder).merging(
            densities.measure(trainer.model, targetEncoder: trainer.targetEncoder)
          ) { $1 }
        }
        showNotices()
        progress.note("epoch \(epoch): \(OnlineDiagnostics.line(values))")
        return values
      }
    }
    callbacks.observers = JEPATool.parts.observers
    callbacks.shouldStop = { StopSignals.received != nil }
    let outcome: TrainingOutcome
    do {
      defer {
        showNotices()
        progress.finish()
        for line in Set([train.defects?.summary, validation?.defects?.summary].compactMap(\.self)) {
          progress.note(line)
        }
      }
      outcome = try run.run(callbacks)
    }
    if case .stopped(let step) = outcome {
      throw StoppedRun(path: path, step: step, steps: run.steps, signal: StopSignals.received)
    }
  }

  /// Whether this process is the one that writes.
  private var isFirst: Bool { communicator.rank == 0 }

  private func runFolder() throws -> RunFolder {
    if !isFirst { return .ofAnotherProcess(at: path) }
    return resume
      ? try RunFolder.open(at: path)
      : try RunFolder.create(at: path, configuration: configuration)
  }

  /// What a process other than the first has to say, of broken images for instance.
  private var lineOfProcess: @Sendable (String) -> Void {
    { [rank = communicator.rank] in StandardErrorLog.write("process \(rank): \($0)") }
  }

  /// `5.64 M`; exact below a million.
  private static func short(_ count: Int) -> String {
    count < 1_000_000 ? "\(count)" : String(format: "%.2f M", Double(count) * 1e-6)
  }

  /// What is to be said of the data set, a line each.
  private var dataRemarks: [String] {
    var remarks = train.remarks
    for remark in validation?.remarks ?? [] where !remarks.contains(remark) {
      remarks.append(remark)
    }
    if configuration.evaluation.every > 0, validation == nil {
      let images = train.isLabeled ? "the validation images" : "the images"
      remarks.append(
        "evaluation is off: \(images) lie in no class folders, so that they have no labels")
    }
    return remarks
  }

  /// `of 100 classes`, or that there are none.
  private var classes: String {
    let count = train.classNames.count
    return !train.isLabeled ? "without labels" : count == 1 ? "of 1 class" : "of \(count) classes"
  }

  /// What the run is, in one line.
  private func opening(
    _ parameters: Int, _ stepsPerEpoch: Int, _ taken: Int, _ precision: TrainingPrecision
  ) -> String {
    let threads = Parallelism.threads
    return "\(path): \(Self.short(parameters)) parameters, head \(configuration.head.name), "
      + "\(train.count) images \(classes), \(stepsPerEpoch) \(stepsPerEpoch == 1 ? "step" : "steps") an epoch, "
      + "\(threads) \(threads == 1 ? "thread" : "threads")"
      + (Parallelism.limit.map { " (by \($0))" } ?? "")
      + (communicator.count > 1 ? " in each of \(communicator.count) processes" : "")
      + (taken > 0 ? ", resumed at step \(taken)" : "")
      + "; \(precision.explanation)"
  }
}
