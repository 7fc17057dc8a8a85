import ArgumentParser
import JEPA

/// What on the command line stands above a configuration file.
struct OverrideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The data set's folder, in place of data.root_path and data.image_folder.",
      valueName: "dir"), transform: HomePath.expanded)
  var data: String?
  @Flag(help: "Follow links that lead out of the data set's folder, as data.follow_links: true.")
  var followLinks = false
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var sets: [String] = []

  /// Every override of a key, in order.
  var settings: [String] { sets + (followLinks ? ["data.follow_links=true"] : []) }

  /// The configuration in `file`, so changed.
  func configuration(_ file: String) throws -> TrainingConfiguration {
    var configuration = try TrainingConfiguration(contentsOf: file, overrides: settings)
    configuration.data = try configuration.data.replacingPath(data)
    return configuration
  }
}
