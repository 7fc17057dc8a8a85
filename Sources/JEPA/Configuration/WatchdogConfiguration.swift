/// `watchdog`: what is done when training goes wrong.
///
/// A step that is skipped leaves the model as it was and passes over its batch. Going back takes the model,
/// the moving average and the optimiser from the newest regular checkpoint, and goes on with the batch
/// after the one at fault, as Chowdhery et al. (2022, section 5.1) did by hand.
public struct WatchdogConfiguration: ConfigurationSection {
  /// How often a run may skip or go back before it stops.
  public var limit = 10
  /// Where a step's loss is far above those before it.
  public var lossSpike = WatchdogPolicy.none
  /// Where a loss or gradient is not finite.
  public var notFinite = WatchdogPolicy.stop
  /// Where the features' effective rank falls below `rankFloor`.
  public var rankCollapse = WatchdogPolicy.none
  /// The smallest effective rank of the evaluation's features that is borne.
  public var rankFloor = 2.0
  /// How far above the median of the last losses a loss may lie, in robust deviations.
  public var spikeDeviations = 10.0
  /// How many losses the median and the deviation are taken over.
  public var spikeWindow = 64

  /// A run stops at a loss or gradient that is not finite, and nothing else is watched.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init(
      "limit", \.limit, .within(0...1_000_000),
      "times that a run may skip a step or go back before it stops"),
    .init(
      "loss_spike", \.lossSpike, nil,
      "at a loss more than spike_deviations above the median of the last spike_window"),
    .init(
      "not_finite", \.notFinite, .excluding(.none, "must be stop, skip or rollback"),
      "at a loss or gradient that is not finite"),
    .init(
      "rank_collapse", \.rankCollapse, .excluding(.skip, "must be none, stop or rollback"),
      "at an evaluation whose effective rank is below rank_floor; needs evaluation.every"),
    .init("rank_floor", \.rankFloor, .atLeast(1), "smallest effective rank that is borne"),
    .init(
      "spike_deviations", \.spikeDeviations, .above(0),
      "robust deviations (1.4826 times the median distance) that a loss may lie above the median"),
    .init("spike_window", \.spikeWindow, .within(8...4096), "losses that are looked back on"),
  ]

  /// Whether a run may go back to a checkpoint.
  var rollsBack: Bool { [lossSpike, notFinite, rankCollapse].contains(.rollback) }
}

/// What is done about a fault in training.
public enum WatchdogPolicy: String, Sendable, CaseIterable, ConfigurationChoice {
  /// It is not looked for.
  case none
  /// The run ends with an error.
  case stop
  /// The batch is passed over.
  case skip
  /// The run goes back to the newest regular checkpoint, and on with the next batch.
  case rollback
}

extension ConfigurationRule where Value == WatchdogPolicy {
  fileprivate static func excluding(_ policy: WatchdogPolicy, _ statement: String) -> Self {
    .init(statement: statement) { $0 != policy }
  }
}

extension TrainingConfiguration {
  /// Refuses to watch what is never measured.
  func validateWatchdog() throws {
    guard watchdog.rankCollapse != .none, evaluation.every == 0 else { return }
    throw ConfigurationError(
      key: "watchdog.rank_collapse",
      message:
        "watchdog.rank_collapse is \(watchdog.rankCollapse.rawValue), but evaluation.every is 0, "
        + "so that the rank is never measured; set evaluation.every to 1, or watchdog.rank_collapse to "
        + "none")
  }
}
