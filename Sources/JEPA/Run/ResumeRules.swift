/// What may change between a run and its continuation.
public struct ResumeDifferences: Sendable {
  /// A key with its two values.
  public typealias Difference = (key: String, old: String, new: String)

  /// Changes that make it another run.
  public let refused: [Difference]
  /// Changes that are allowed and worth telling: the schedules' length, what is measured, kept or watched.
  public let told: [Difference]

  /// Compares the configuration of a continuation with the one that a run had so far.
  ///
  /// Keys that only say where things lie and who computes (`data.root_path`, `meta.threads` and their
  /// like) may change without a word. `meta.precision: auto` means that of the run.
  public init(_ configuration: TrainingConfiguration, from stored: TrainingConfiguration) {
    let configuration = configuration.resolvingPrecision(asIn: stored)
    let stored = stored.resolvingPrecision()
    var (refused, told): ([Difference], [Difference]) = ([], [])
    for difference in configuration.differences(from: stored) {
      let section = difference.key.prefix { $0 != "." }
      if Self.silent.contains(difference.key) { continue }
      if difference.key == "optimization.epochs" || Self.observing.contains(String(section)) {
        told.append(difference)
      } else {
        refused.append(difference)
      }
    }
    self.refused = refused
    self.told = told
  }

  /// `KEY was OLD and is now NEW`.
  public static func sentence(_ difference: Difference) -> String {
    "\(difference.key) was \(difference.old) and is now \(difference.new)"
  }

  /// The refused changes in one phrase, nil where there are none.
  public var refusal: String? {
    if refused.isEmpty { return nil }
    let list = refused.prefix(3).map(Self.sentence).joined(separator: ", ")
    return list + (refused.count > 3 ? " and \(refused.count - 3) more" : "")
  }

  private static let silent: Set = [
    "data.root_path", "data.image_folder", "data.num_workers", "data.pin_mem", "data.follow_links",
    "logging.folder", "logging.write_tag", "meta.threads", "meta.copy_data", "meta.load_checkpoint",
    "meta.read_checkpoint",
  ]

  /// Sections that do not change what a step computes.
  private static let observing: Set = ["logging", "evaluation", "watchdog"]
}
