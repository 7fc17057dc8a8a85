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
      "The configuration; with --resume, that of the run unless given.", valueName: "file"),
    transform: HomePath.expanded)
  var config: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The run folder, in place of logging.folder.", valueName: "dir"),
    transform: HomePath.expanded)
  var runFolder: String?
  @Flag(
    help:
      "Continue the run from its newest checkpoint; start it where there is none and --config is given."
  )
  var resume = false
  @Flag(
    help: "Print the configuration with every key and head option that holds, and train nothing.")
  var printConfig = false
  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    if printConfig { return try printConfiguration() }
    try Processes.run { communicator in
      let settings = try settings(of: communicator)
      let job = try communicator.together {
        try TrainingJob(
          settings.configuration, path: settings.path, resume: settings.resumes,
          changes: settings.changes, communicator: communicator)
      }
      try job.run()
    }
  }

  private func printConfiguration() throws {
    guard let config else { throw CommandError("--print-config: give --config FILE") }
    var settings = try overrides.configuration(config).resolvingPrecision()
    settings.head = try JEPATool.heads.resolved(JEPATool.heads.head(of: settings))
    StandardOutput.write(settings.yaml(), terminator: "")
  }

  /// What ``settings()`` says on the first process, which alone reads files for it.
  private func settings(
    of communicator: any Communicator
  ) throws -> Settings {
    if communicator.count == 1 { return try settings() }
    struct Shared: Codable {
      let configuration: String
      let path: String
      let resumes: Bool
      let changes: [String]
    }
    let shared = try communicator.shared {
      let settings = try settings()
      return Shared(
        configuration: settings.configuration.yaml(), path: settings.path,
        resumes: settings.resumes, changes: settings.changes)
    }
    return Settings(
      configuration: try TrainingConfiguration(
        yaml: shared.configuration, source: "the settings of process 0"),
      path: shared.path, resumes: shared.resumes, changes: shared.changes)
  }

  /// What is trained, and where.
  private struct Settings {
    let configuration: TrainingConfiguration
    /// The run folder.
    let path: String
    /// Whether a run is there to go on with.
    var resumes = false
    /// What a resumed run changes of its settings.
    var changes: [String] = []
  }

  /// The settings by the command line and the files that it names.
  private func settings() throws -> Settings {
    guard let config else {
      guard resume, let run = runFolder else {
        throw CommandError("give --config FILE, or --resume with --run DIR")
      }
      guard try RunFolder.holdsRun(at: run) else {
        throw CommandError(
          "\(run): no run is there to resume yet; check the path, or give --config FILE to start it"
        )
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
    let isThere = try resume && RunFolder.holdsRun(at: path)
    if isThere { return try continued(configuration, in: RunFolder.open(at: path)) }
    if resume {
      StandardErrorLog.write("\(path): nothing is there to resume yet; a new run begins")
    }
    return Settings(configuration: configuration.resolvingPrecision(), path: path)
  }

  /// The settings of a continuation, and what it changes of the run's, where it may; see `ResumeDifferences`.
  private func continued(_ configuration: TrainingConfiguration, in folder: RunFolder) throws
    -> Settings
  {
    let stored = try TrainingConfiguration(contentsOf: folder.configuration)
    let differences = ResumeDifferences(configuration, from: stored)
    if let list = differences.refusal {
      throw CommandError(
        "\(folder.path) cannot be resumed with other settings: \(list); leave out --config and --set to "
          + "keep the run's, or start another run")
    }
    return Settings(
      configuration: configuration.resolvingPrecision(asIn: stored), path: folder.path,
      resumes: true,
      changes: differences.told.map(ResumeDifferences.sentence))
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
      + "; continue with \(continuation ?? "jepa train --resume --run \(path.shellWord)")"
  }
}
