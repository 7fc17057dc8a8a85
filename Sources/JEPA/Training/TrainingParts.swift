/// Parts of a training run that are given in code, in place of those that its configuration describes. Everything else,
/// such as resuming, the watchdog and several processes, stays as it is.
///
/// ```swift
/// var parts = TrainingParts()
/// parts.optimizer = MyOptimizer()
/// let run = try TrainingRun(configuration, folder: folder, model: model, dataset: images, parts: parts)
/// ```
///
/// A resumed run is given the same parts: the checkpoint holds the optimizer's name and state, and refuses another.
public struct TrainingParts: Sendable {
  /// In place of `optimization.optimizer`.
  public var optimizer: (any Optimizer)?
  /// Is given the schedules of the configuration, and gives those to train by.
  public var schedule: @Sendable (TrainingSchedule) -> TrainingSchedule = { $0 }

  public init() {}
}

/// The optimizers that a configuration can name.
public enum OptimizerKind: String, Sendable, CaseIterable, ConfigurationChoice {
  case adamw, sgd, lion

  /// A fresh one, with its own defaults.
  public func make() -> any Optimizer {
    switch self {
    case .adamw: AdamW()
    case .sgd: SGD()
    case .lion: Lion()
    }
  }
}
