import JEPAEval

/// A metric as the page has it: under which topic, and where it is had from.
struct Figure: Sendable {
  enum Topic: String, Sendable, CaseIterable {
    case features = "Features: what the encoder has learnt"
    case likelihood = "Likelihood: how probable the predicted density held what was there"
    case samples = "Samples: how close draws come to what was there"
    case calibration = "Calibration: whether stated probabilities come true"
    case ranking = "Knowing of errors: whether uncertainty is high where errors are"
    case truth = "Against the known truth"
    case cost = "Cost"
    case others = "Further figures of the comparison"
    /// What only the run's own targets give a meaning.
    case own = "In units of targets"
  }

  let metric: Metric
  let topic: Topic
  var measure: @Sendable (ReportRun) -> Measure? = { _ in nil }

  var key: String { metric.key }
  var title: String { metric.title }
  var unit: String { metric.unit }
  var better: Metric.Direction { metric.better }
  var ideal: Double? { metric.ideal }
  var meaning: String { metric.meaning }
  var scale: Double { metric.scale }

  /// The right value in the figure's unit, such as `80 %`.
  var idealText: String {
    guard let ideal else { return "a value of its own" }
    return NumberText.significant(ideal * scale, digits: 2)
      + (unit.isEmpty ? "" : "\u{00A0}\(unit)")
  }

  /// `higher is better` and the like.
  var direction: String {
    switch better {
    case .high: "higher is better"
    case .low: "lower is better"
    case .near: "best at \(idealText)"
    case .none: ""
    }
  }

  /// An arrow for tables and plots; the words for those who cannot see it are ``direction``.
  var arrow: String {
    switch better {
    case .high: "↑"
    case .low: "↓"
    case .near: "→ \(idealText)"
    case .none: ""
    }
  }
}

extension Figure {
  /// A metric's mean with its interval.
  static func metric(_ key: String) -> @Sendable (ReportRun) -> Measure? {
    { $0.uncertainty?.metrics[UncertaintyMetric(rawValue: key)].flatMap { Measure($0.mean) } }
  }

  /// 1 − score / the Gaussian's.
  static func skill(_ metric: UncertaintyMetric) -> @Sendable (ReportRun) -> Measure? {
    { $0.uncertainty?.skill[metric].flatMap { Measure($0) } }
  }

  /// Of how the spread ranks errors.
  static func ranking(
    _ part: @escaping @Sendable (ErrorRanking) -> Estimate
  ) -> @Sendable (ReportRun) -> Measure? {
    { $0.uncertainty?.errorRanking[.spread].flatMap { Measure(part($0)) } }
  }

  /// A part of `cost.json`.
  static func cost(
    _ part: @escaping @Sendable (CostRecord) -> Double?
  ) -> @Sendable (ReportRun) -> Measure? {
    { run in run.cost.flatMap(part).map { Measure(mean: $0) } }
  }
}

extension Measure {
  init?(_ estimate: Estimate) {
    guard let value = estimate.value else { return nil }
    self.init(mean: value, low: estimate.low, high: estimate.high)
  }
}
