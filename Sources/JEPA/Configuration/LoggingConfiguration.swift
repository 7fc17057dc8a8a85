/// `logging`: what a run leaves behind.
public struct LoggingConfiguration: ConfigurationSection {
  /// Epochs between checkpoints that are kept.
  public var checkpointFreq = 50
  /// Steps between checkpoints for resuming; `nil` writes one after each epoch.
  public var checkpointSteps: Int?
  /// The run's folder, where the command line names none.
  public var folder = ""
  /// The newest checkpoints, kept beside those of `checkpointFreq`; with two, the one before takes over
  /// where the newest turns out damaged.
  public var keep = 2
  /// Steps between lines of progress and rows of metrics.
  public var logFreq = 10
  /// Prefix of file names in the reference; names the run in reports.
  public var writeTag = "jepa"

  /// The defaults.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init(
      "checkpoint_freq", \.checkpointFreq, .within(1...1_000_000),
      "epochs between checkpoints kept for good"),
    .init(
      "checkpoint_steps", \.checkpointSteps, .present(.atLeast(1)),
      "steps between checkpoints for resuming; null: one after each epoch"),
    .init(folder: "folder", \.folder, "folder of the run, where the command line names none"),
    .init("keep", \.keep, .atLeast(1), "newest checkpoints kept, beside those of checkpoint_freq"),
    .init("log_freq", \.logFreq, .atLeast(1), "steps between rows of metrics"),
    .init("write_tag", \.writeTag, nil, "name of the run in reports"),
  ]
}
