import JEPA
import JEPAEval
import JEPAHeads

/// What a tool has beside, or in place of, the package's own parts: see ``JEPATool``.
public struct ToolParts: Sendable {
  /// The heads that `head.name` can be.
  public var heads: HeadList
  /// Data sets that `data.dataset` can name, beside the package's.
  public var datasets: [DatasetKind] = []
  /// Probes that `--probe` can name, beside the package's.
  public var probes: [any Probe] = []
  /// Scores of predicted distributions, measured beside the package's by `eval --uncertainty`, `compare` and `ablate`.
  public var metrics: [DensityMetric] = []
  /// Are told what every training does.
  public var observers: [any TrainingObserver] = []
  /// Optimizer and schedules of a training, where they are not those that its configuration names.
  public var training: @Sendable (TrainingConfiguration) -> TrainingParts = { _ in .init() }

  public init(heads: HeadList = .standard) { self.heads = heads }

  /// What `--probe` can name.
  var probeNames: [String] {
    [KNNClassifier.name, LinearProbe.name, AttentiveProbe.name, RankProbe.name]
      + probes.map { type(of: $0).name }
  }

  /// The figures of probes and scores that are not the package's.
  var metricsOfOthers: [Metric] {
    probes.flatMap { type(of: $0).metrics } + metrics.map(\.metric)
  }
}
