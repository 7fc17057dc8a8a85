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

  @Option(help: "The configuration; with --resume, that of the run unless given.")
  var config: String?
  @Option(help: "The data set's folder, in place of data.root_path and data.image_folder.")
  var data: String?
  @Option(name: .customLong("run"), help: "The run folder, in place of logging.folder.")
  var runFolder: String?
  @Flag(help: "Continue the run from its newest checkpoint.") var resume = false
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var overrides: [String] = []

  func run() throws {
    let (configuration, path) = try settings()
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    let images = configuration.data.replacingPath(data)
    let train = try images.openDataset(.train)
    let validation = configuration.evaluation.every > 0 ? try images.openDataset(.validation) : nil
    try HeadRegistry.run(
      Training(
        configuration: configuration, path: path, resume: resume, train: train,
        validation: validation), head: configuration.head)
  }

  /// The configuration and the run folder's path.
  private func settings() throws -> (TrainingConfiguration, String) {
    if let config {
      let configuration = try TrainingConfiguration(contentsOf: config, overrides: overrides)
      let path = runFolder ?? configuration.logging.folder
      guard !path.isEmpty else {
        throw ValidationError("no run folder: give --run, or set logging.folder in \(config)")
      }
      if resume { try requireSame(configuration, as: RunFolder.open(at: path)) }
      return (configuration, path)
    }
    guard resume, let run = runFolder else {
      throw ValidationError("give --config FILE, or --resume with --run DIR")
    }
    let folder = try RunFolder.open(at: run)
    guard overrides.isEmpty else {
      throw ValidationError(
        "--set cannot change a run that is resumed; start another run with these settings")
    }
    return (try TrainingConfiguration(contentsOf: folder.configuration), run)
  }

  /// A resumed run keeps its settings; they say where it goes.
  private func requireSame(_ configuration: TrainingConfiguration, as folder: RunFolder) throws {
    let stored = try TrainingConfiguration(contentsOf: folder.configuration)
    let now = configuration.yaml().split(separator: "\n")
    let then = stored.yaml().split(separator: "\n")
    if let difference = zip(then, now).first(where: { $0 != $1 }) {
      throw ValidationError(
        "\(folder.configuration) says \"\(difference.0.trimmingCharacters(in: .whitespaces))\", the "
          + "given configuration \"\(difference.1.trimmingCharacters(in: .whitespaces))\"; resume "
          + "without --config and --set to keep the run's, or start another run")
    }
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
    let folder =
      resume
      ? try RunFolder.open(at: path)
      : try RunFolder.create(at: path, configuration: configuration)
    var run = try TrainingRun(
      configuration, folder: folder, model: model, dataset: train, resume: resume)
    let taken = run.trainer.step
    var progress = ProgressLine(
      batchSize: configuration.data.batchSize, interval: configuration.logging.logFreq,
      step: taken)
    progress.note(
      "\(path): \(model.parameterCount) parameters, head \(configuration.head.name), "
        + "\(train.count) images, \(run.loader.stepsPerEpoch) steps an epoch, "
        + "\(Parallelism.threads) threads" + (taken > 0 ? ", resumed at step \(taken)" : ""))
    var callbacks = TrainingCallbacks<Head>()
    callbacks.step = { state in
      progress.update(
        ProgressLine.State(
          epoch: state.epoch, epochs: state.epochs, step: state.step, steps: state.steps,
          values: [("loss", state.report.loss), ("lr", state.settings.learningRate)]))
    }
    if let validation {
      let diagnostics = OnlineDiagnostics(
        configuration: configuration, train: train, validation: validation)
      callbacks.diagnosticColumns = OnlineDiagnostics.columns
      callbacks.diagnostics = { epoch, trainer in
        let values = try progress.pausing { try diagnostics.measure(trainer.targetEncoder) }
        progress.note("epoch \(epoch): \(OnlineDiagnostics.line(values))")
        return values
      }
    }
    try run.run(callbacks)
    progress.finish()
  }
}
