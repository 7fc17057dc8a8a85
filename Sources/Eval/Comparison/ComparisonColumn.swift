/// A figure of a comparison, and where it is had from.
struct ComparisonColumn: Sendable {
  let metric: Metric
  private let value: @Sendable (ComparisonTable.Evidence) -> Estimate?

  private init(
    _ key: String, _ value: @escaping @Sendable (ComparisonTable.Evidence) -> Estimate?
  ) {
    (metric, self.value) = (.known(key), value)
  }

  /// A figure from outside the package: of a probe or a ``DensityMetric``.
  init(_ metric: Metric) {
    self.metric = metric
    value = { evidence in
      evidence.features?[metric].map { Estimate(value: $0) }
        ?? evidence.uncertainty?.metrics[UncertaintyMetric(rawValue: metric.key)]?.mean
    }
  }

  /// The figure as it is shown.
  func read(_ evidence: ComparisonTable.Evidence) -> Estimate? {
    value(evidence)?.scaled(by: metric.scale)
  }

  /// Every column that there may be, in order; those that no row has are left out of a table.
  static let all: [ComparisonColumn] = accuracy + uncertainty + collapse + cost

  private static func feature(
    _ key: String, _ value: @escaping @Sendable (EvaluationReport) -> Double?
  ) -> ComparisonColumn {
    ComparisonColumn(key) { $0.features.flatMap(value).map { Estimate(value: $0) } }
  }

  private static let accuracy = [
    feature("knn") { $0.knn?.top1 },
    feature("linear") { $0.linear?.top1 },
    few("linear_1", 0.01),
    few("linear_10", 0.1),
    feature("attentive") { $0.attentive?.top1 },
  ]

  private static func few(_ key: String, _ fraction: Double) -> ComparisonColumn {
    feature(key) { report in
      report.fewLabels?.first { $0.fraction == fraction }?.linear.top1
    }
  }

  private static func metric(_ metric: UncertaintyMetric) -> ComparisonColumn {
    ComparisonColumn(metric.rawValue) { $0.uncertainty?.metrics[metric]?.mean }
  }

  private static let uncertainty =
    [.nllMinusGaussian, .estimatedNLLMinusGaussian, .nllMinusTrue].map(metric) + [
      ComparisonColumn("crps_skill") { $0.uncertainty?.skill[.crps] },
      ComparisonColumn("energy_skill") { $0.uncertainty?.skill[.energyScore] },
      ComparisonColumn("pit_distance") {
        ($0.uncertainty?.pit.kolmogorovDistance).map { Estimate(value: $0) }
      },
    ] + (UncertaintyMetric.coverages + UncertaintyMetric.hdrCoverages).map(metric)
    + [.modeRecall, .modePrecision, .modeTotalVariation].map(metric) + [
      ComparisonColumn("entropy_correlation") { $0.uncertainty?.modes?.entropyCorrelation },
      ComparisonColumn("differential_entropy_correlation") {
        $0.uncertainty?.modes?.differentialEntropyCorrelation
      },
    ]

  private static let collapse = [
    feature("rankme") { $0.rank?.rankMe },
    feature("feature_std") { $0.rank?.meanStandardDeviation },
  ]

  private static func cost(
    _ key: String, _ value: @escaping @Sendable (CostFigures) -> Double?
  ) -> ComparisonColumn {
    ComparisonColumn(key) { $0.cost.flatMap(value).map { Estimate(value: $0) } }
  }

  private static let cost = [
    cost("parameters") { Double($0.parameters) },
    cost("images_per_second") { $0.imagesPerSecond },
    cost("peak_memory") { $0.peakMemoryBytes.map { Double($0) } },
    cost("sample_time") { $0.sampleSecondsPerToken },
    cost("likelihood_time") { $0.likelihoodIsEstimate ? nil : $0.likelihoodSecondsPerToken },
    cost("estimated_likelihood_time") {
      $0.likelihoodIsEstimate ? $0.likelihoodSecondsPerToken : nil
    },
  ]
}
