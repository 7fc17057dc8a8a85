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
    try TrainingJob(configuration, path: path, resume: resume).run()
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
    if resume { try configuration.requireSame(as: RunFolder.open(at: path)) }
    return (configuration, path)
  }
}
