/// One figure of a comparison, and where it is had from.
struct ComparisonColumn: Sendable {
  let key: String
  let title: String
  /// "" for none.
  let unit: String
  let better: ComparisonTable.Better
  /// Digits after the point in text.
  let digits: Int
  let read: @Sendable (ComparisonTable.Evidence) -> Estimate?

  private init(
    _ key: String, _ title: String, _ unit: String, _ better: ComparisonTable.Better, _ digits: Int,
    _ read: @escaping @Sendable (ComparisonTable.Evidence) -> Estimate?
  ) {
    (self.key, self.title, self.unit, self.better) = (key, title, unit, better)
    (self.digits, self.read) = (digits, read)
  }

  /// Every column that there may be, in order; those that no row has are left out of a table.
  static let all: [ComparisonColumn] = accuracy + uncertainty + collapse + cost

  private static func feature(
    _ key: String, _ title: String, _ unit: String, _ better: ComparisonTable.Better, _ digits: Int,
    _ value: @escaping @Sendable (EvaluationReport) -> Double?
  ) -> ComparisonColumn {
    ComparisonColumn(key, title, unit, better, digits) { evidence in
      evidence.features.flatMap(value).map { Estimate(value: $0) }
    }
  }

  private static let accuracy = [
    feature("knn", "kNN", "%", .high, 2) { $0.knn.map { 100 * $0.top1 } },
    feature("linear", "linear", "%", .high, 2) { $0.linear.map { 100 * $0.top1 } },
    few("linear_1", "linear, 1 % of labels", 0.01),
    few("linear_10", "linear, 10 % of labels", 0.1),
    feature("attentive", "attentive", "%", .high, 2) { $0.attentive.map { 100 * $0.top1 } },
  ]

  private static func few(_ key: String, _ title: String, _ fraction: Double) -> ComparisonColumn {
    feature(key, title, "%", .high, 2) { report in
      report.fewLabels?.first { $0.fraction == fraction }.map { 100 * $0.linear.top1 }
    }
  }

  private static func metric(
    _ metric: UncertaintyMetric, _ title: String, _ unit: String, _ better: ComparisonTable.Better,
    _ digits: Int
  ) -> ComparisonColumn {
    ComparisonColumn(metric.rawValue, title, unit, better, digits) {
      $0.uncertainty?.metrics[metric]?.mean
    }
  }

  private static let uncertainty = [
    metric(.nllMinusGaussian, "NLL − Gaussian", "nats", .low, 2),
    metric(.estimatedNLLMinusGaussian, "NLL − Gaussian, estimated", "nats", .low, 2),
    metric(.nllMinusTrue, "NLL − truth", "nats", .low, 2),
    ComparisonColumn("crps_skill", "CRPS skill", "", .high, 3) { $0.uncertainty?.skill[.crps] },
    ComparisonColumn("energy_skill", "energy skill", "", .high, 3) {
      $0.uncertainty?.skill[.energyScore]
    },
    ComparisonColumn("pit_distance", "PIT distance", "", .low, 3) {
      ($0.uncertainty?.pit.kolmogorovDistance).map { Estimate(value: $0) }
    },
    metric(.coverage50, "coverage 50", "", .none, 3),
    metric(.coverage80, "coverage 80", "", .none, 3),
    metric(.coverage95, "coverage 95", "", .none, 3),
    metric(.hdrCoverage50, "HDR coverage 50", "", .none, 3),
    metric(.hdrCoverage80, "HDR coverage 80", "", .none, 3),
    metric(.hdrCoverage95, "HDR coverage 95", "", .none, 3),
    metric(.modeRecall, "mode recall", "", .high, 3),
    metric(.modePrecision, "mode precision", "", .high, 3),
    metric(.modeTotalVariation, "mode weights' total variation", "", .low, 3),
    ComparisonColumn("entropy_correlation", "entropy correlation", "", .high, 3) {
      $0.uncertainty?.modes?.entropyCorrelation
    },
    ComparisonColumn(
      "differential_entropy_correlation", "differential entropy correlation", "", .high, 3
    ) { $0.uncertainty?.modes?.differentialEntropyCorrelation },
  ]

  private static let collapse = [
    feature("rankme", "RankMe", "", .high, 1) { $0.rank?.rankMe },
    feature("feature_std", "std", "", .none, 3) { $0.rank?.meanStandardDeviation },
  ]

  private static func cost(
    _ key: String, _ title: String, _ unit: String, _ better: ComparisonTable.Better, _ digits: Int,
    _ value: @escaping @Sendable (CostFigures) -> Double?
  ) -> ComparisonColumn {
    ComparisonColumn(key, title, unit, better, digits) { evidence in
      evidence.cost.flatMap(value).map { Estimate(value: $0) }
    }
  }

  private static let cost = [
    cost("parameters", "parameters", "", .none, 0) { Double($0.parameters) },
    cost("images_per_second", "training", "images/s", .high, 1) { $0.imagesPerSecond },
    cost("peak_memory", "peak memory", "MiB", .low, 0) {
      $0.peakMemoryBytes.map { Double($0) / 1_048_576 }
    },
    cost("sample_time", "a draw", "µs/token", .low, 2) { 1e6 * $0.sampleSecondsPerToken },
    cost("likelihood_time", "a likelihood", "µs/token", .low, 2) {
      $0.likelihoodIsEstimate ? nil : $0.likelihoodSecondsPerToken.map { 1e6 * $0 }
    },
    cost("estimated_likelihood_time", "a likelihood's estimate", "µs/token", .low, 2) {
      $0.likelihoodIsEstimate ? $0.likelihoodSecondsPerToken.map { 1e6 * $0 } : nil
    },
  ]
}
