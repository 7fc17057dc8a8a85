import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a model by a configuration file.",
    discussion: """
      Writes metrics.csv, TensorBoard events and checkpoints to the run folder. A run that was \
      interrupted continues with --resume, bit for bit.
      """)

  @Option(
    help: ArgumentHelp(
      "The configuration; with --resume, that of the run unless given.", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "The data set's folder, in place of data.root_path and data.image_folder.",
      valueName: "dir"))
  var data: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The run folder, in place of logging.folder.", valueName: "dir"))
  var runFolder: String?
  @Flag(help: "Continue the run from its newest checkpoint.") var resume = false
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var overrides: [String] = []

  func run() throws {
    let (configuration, path) = try settings()
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    let train = try configuration.data.openDataset(.train)
    let validation =
      configuration.evaluation.every > 0 ? try configuration.data.openDataset(.validation) : nil
    try HeadRegistry.run(
      Training(
        configuration: configuration, path: path, resume: resume, train: train,
        validation: validation), head: configuration.head)
  }

  /// The configuration and the run folder's path.
  private func settings() throws -> (TrainingConfiguration, String) {
    guard let config else {
      guard resume, let run = runFolder else {
        throw CommandError("give --config FILE, or --resume with --run DIR")
      }
      guard overrides.isEmpty else {
        throw CommandError(
          "--set cannot change a run that is resumed; start another run with these settings")
      }
      var stored = try TrainingConfiguration(contentsOf: RunFolder.open(at: run).configuration)
      stored.data = try stored.data.replacingPath(data)
      return (stored, run)
    }
    var configuration = try TrainingConfiguration(contentsOf: config, overrides: overrides)
    configuration.data = try configuration.data.replacingPath(data)
    if configuration.meta.loadCheckpoint {
      throw CommandError(
        "\(config): meta.load_checkpoint is true; set it to false, and continue a run with --resume"
      )
    }
    let path = runFolder ?? configuration.logging.folder
    guard !path.isEmpty else {
      throw CommandError("no run folder: give --run, or set logging.folder in \(config)")
    }
    if resume { try requireSame(configuration, as: RunFolder.open(at: path)) }
    return (configuration, path)
  }

  /// A resumed run keeps its settings, except for those that only say where things lie and who
  /// computes.
  private func requireSame(_ configuration: TrainingConfiguration, as folder: RunFolder) throws {
    var stored = try TrainingConfiguration(contentsOf: folder.configuration)
    stored.data.rootPath = configuration.data.rootPath
    stored.data.imageFolder = configuration.data.imageFolder
    stored.data.numWorkers = configuration.data.numWorkers
    stored.data.pinMem = configuration.data.pinMem
    stored.logging.folder = configuration.logging.folder
    stored.meta.threads = configuration.meta.threads
    let differences = configuration.differences(from: stored)
    guard !differences.isEmpty else { return }
    let list = differences.prefix(3).map { "\($0.key) was \($0.old) and is now \($0.new)" }
      .joined(separator: ", ")
    let more = differences.count > 3 ? " and \(differences.count - 3) more" : ""
    throw CommandError(
      "\(folder.path) cannot be resumed with other settings: \(list)\(more); leave out --config and "
        + "--set to keep the run's, or start another run")
  }
}

/// Training with a head of some type.
private struct Training: HeadOperation {
  let configuration: TrainingConfiguration
  let path: String
  let resume: Bool
  let train: any ImageDataset
  let validation: (any ImageDataset)?

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws {
    let model = try configuration.model(head: makeHead)
    try configuration.requireFullBatch(in: train)
    let folder =
      resume
      ? try RunFolder.open(at: path)
      : try RunFolder.create(at: path, configuration: configuration)
    let notices = Notices()
    var run = try TrainingRun(
      configuration, folder: folder, model: model, dataset: train, resume: resume,
      log: notices.add)
    let taken = run.trainer.step
    var progress = ProgressLine(
      batchSize: configuration.data.batchSize, interval: configuration.logging.logFreq,
      step: taken)
    func showNotices() {
      for notice in notices.take() { progress.note(notice) }
    }
    if configuration.head.name != "point", let warning = configuration.target.warning {
      progress.note(warning)
    }
    progress.note(opening(model.parameterCount, run.loader.stepsPerEpoch, taken))
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
        configuration: configuration, train: train, validation: validation, log: notices.add)
      let densities = try DensityDiagnostics(
        configuration, grid: model.encoder.configuration.grid, dataset: validation,
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
    defer {
      showNotices()
      progress.finish()
    }
    try run.run(callbacks)
  }

  /// `5.64 M`; exact below a million.
  private static func short(_ count: Int) -> String {
    count < 1_000_000 ? "\(count)" : String(format: "%.2f M", Double(count) * 1e-6)
  }

  /// What the run is, in one line.
  private func opening(_ parameters: Int, _ stepsPerEpoch: Int, _ taken: Int) -> String {
    let threads = Parallelism.threads
    return "\(path): \(Self.short(parameters)) parameters, head \(configuration.head.name), "
      + "\(train.count) images, \(stepsPerEpoch) \(stepsPerEpoch == 1 ? "step" : "steps") an epoch, "
      + "\(threads) \(threads == 1 ? "thread" : "threads")"
      + (taken > 0 ? ", resumed at step \(taken)" : "")
  }
}
