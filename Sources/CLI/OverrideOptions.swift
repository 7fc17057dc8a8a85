import ArgumentParser
import JEPA

/// What on the command line stands above a configuration file.
struct OverrideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The data set's folder, in place of data.root_path and data.image_folder.",
      valueName: "dir"), transform: HomePath.expanded)
  var data: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var sets: [String] = []

  /// The configuration in `file`, so changed.
  func configuration(_ file: String) throws -> TrainingConfiguration {
    var configuration = try TrainingConfiguration(contentsOf: file, overrides: sets)
    configuration.data = try configuration.data.replacingPath(data)
    return configuration
  }
}
