import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPADistributed
import JEPAEval

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a model by a configuration file.",
    discussion: """
      Writes metrics.csv, TensorBoard events, log.jsonl and checkpoints to the run folder. A run that was \
      interrupted continues with --resume, bit for bit. SIGTERM, SIGHUP, SIGUSR1 and the first SIGINT finish \
      the step, save it and end with status 75; a second SIGINT ends at once. Under mpirun or srun, in a build with \
      MPI, the processes share each batch; see docs/cluster.md.
      """)

  @Option(
    help: ArgumentHelp(
      "The configuration; with --resume, that of the run unless given.", valueName: "file"))
  var config: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The run folder, in place of logging.folder.", valueName: "dir"))
  var runFolder: String?
  @Flag(help: "Continue the run from its newest checkpoint.") var resume = false
  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    try Processes.run { communicator in
      let (configuration, path, changes) = try settings(of: communicator)
      let job = try communicator.together {
        try TrainingJob(
          configuration, path: path, resume: resume, changes: changes, communicator: communicator)
      }
      try job.run()
    }
  }

  /// What ``settings()`` says on the first process, which alone reads files for it.
  private func settings(
    of communicator: any Communicator
  ) throws -> (TrainingConfiguration, String, [String]) {
    if communicator.count == 1 { return try settings() }
    struct Settings: Codable {
      let configuration: String
      let path: String
      let changes: [String]
    }
    let shared = try communicator.shared {
      let (configuration, path, changes) = try settings()
      return Settings(configuration: configuration.yaml(), path: path, changes: changes)
    }
    return (
      try TrainingConfiguration(yaml: shared.configuration, source: "the settings of process 0"),
      shared.path, shared.changes
    )
  }

  /// The configuration, the run folder's path, and what a resumed run changes.
  private func settings() throws -> (TrainingConfiguration, String, [String]) {
    guard let config else {
      guard resume, let run = runFolder else {
        throw CommandError("give --config FILE, or --resume with --run DIR")
      }
      let folder = try RunFolder.open(at: run)
      let changed = try overrides.configuration(folder.configuration)
      return try continued(changed, in: folder)
    }
    let configuration = try overrides.configuration(config)
    if configuration.meta.loadCheckpoint {
      throw CommandError(
        "\(config): meta.load_checkpoint is true; set it to false, and continue a run with --resume"
      )
    }
    let path = runFolder ?? configuration.logging.folder
    guard !path.isEmpty else {
      throw CommandError("no run folder: give --run, or set logging.folder in \(config)")
    }
    guard resume else { return (configuration.resolvingPrecision(), path, []) }
    return try continued(configuration, in: RunFolder.open(at: path))
  }

  /// The settings of a continuation, and what it changes of the run's, where it may; see `ResumeDifferences`.
  private func continued(_ configuration: TrainingConfiguration, in folder: RunFolder) throws
    -> (TrainingConfiguration, String, [String])
  {
    let stored = try TrainingConfiguration(contentsOf: folder.configuration)
    let differences = ResumeDifferences(configuration, from: stored)
    if let list = differences.refusal {
      throw CommandError(
        "\(folder.path) cannot be resumed with other settings: \(list); leave out --config and --set to "
          + "keep the run's, or start another run")
    }
    return (
      configuration.resolvingPrecision(asIn: stored), folder.path,
      differences.told.map(ResumeDifferences.sentence)
    )
  }
}

/// A run that a signal ended before its last step, with everything saved; before its first, with nothing to save.
struct StoppedRun: Error, CustomStringConvertible {
  /// `EX_TEMPFAIL` of sysexits.h: try again later.
  static let status: Int32 = 75

  let path: String
  let step: Int
  let steps: Int
  let signal: Int32?
  /// What goes on with it; `jepa train --resume` unless given.
  var continuation: String?

  var description: String {
    "\(path): stopped by \(signal.map(StopSignals.name) ?? "request") "
      + (step == 0
        ? "before the first step of \(steps)" : "after step \(step) of \(steps), which is saved")
      + "; continue with \(continuation ?? "jepa train --resume --run \(path)")"
  }
}
