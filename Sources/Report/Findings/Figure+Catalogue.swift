import JEPAEval

extension Figure {
  /// Every figure that the page knows, in its order.
  static let catalogue: [Figure] =
    figures(Metric.features, .features) + figures(Metric.likelihood, .likelihood)
    + figures(Metric.samples, .samples) + figures(Metric.calibration, .calibration)
    + figures(Metric.ranking, .ranking) + figures(Metric.truth, .truth)
    + figures(Metric.costs, .cost) + figures(Metric.ownUnits, .own)

  private static func figures(_ metrics: [Metric], _ topic: Topic) -> [Figure] {
    metrics.map { Figure(metric: $0, topic: topic, measure: source(of: $0.key)) }
  }

  /// Where a run's figure is had from: its own files; others are in a comparison's table alone.
  private static func source(of key: String) -> @Sendable (ReportRun) -> Measure? {
    if let source = sources[key] { return source }
    if UncertaintyMetric.standard.contains(UncertaintyMetric(rawValue: key)) { return metric(key) }
    return { _ in nil }
  }

  private static let sources: [String: @Sendable (ReportRun) -> Measure?] = [
    "knn": { run in
      if let knn = run.evaluation["encoder"]?.knn { return .share(knn.top1, of: knn.queryCount) }
      return run.curve("knn_top1").last.map { Measure(mean: $0.y) }
    },
    "linear": { run in
      run.evaluation["encoder"]?.linear.map { .share($0.top1, of: $0.validationCount) }
    },
    "rankme": { run in
      (run.evaluation["encoder"]?.rank?.rankMe ?? run.curve("rankme").last?.y)
        .map { Measure(mean: $0) }
    },
    "feature_std": {
      $0.evaluation["encoder"]?.rank.map { Measure(mean: $0.meanStandardDeviation) }
    },
    "crps_skill": skill(.crps),
    "energy_skill": skill(.energyScore),
    "pit_distance": { ($0.uncertainty?.pit.kolmogorovDistance).map { Measure(mean: $0) } },
    "prediction_rejection_ratio": ranking(\.rejectionRatio),
    "spearman": ranking(\.spearman),
    "auroc": { $0.uncertainty?.separation?.auroc[.spread].flatMap { Measure($0) } },
    "diversity": { $0.uncertainty?.modes.flatMap { Measure($0.diversity) } },
    "entropy_correlation": { $0.uncertainty?.modes.flatMap { Measure($0.entropyCorrelation) } },
    "parameters": cost(\.parameters),
    "images_per_second": { run in
      if let rate = run.cost?.imagesPerSecond { return Measure(mean: rate) }
      let rates = run.metrics.compactMap { $0["images_per_second"] }.sorted()
      return rates.isEmpty ? nil : Measure(mean: rates[rates.count / 2])
    },
    "peak_memory": cost(\.peakMemoryBytes),
    "sample_time": cost(\.sampleSecondsPerToken),
    "likelihood_time": cost {
      $0.likelihoodIsEstimate == true ? nil : $0.likelihoodSecondsPerToken
    },
    "estimated_likelihood_time": cost {
      $0.likelihoodIsEstimate == true ? $0.likelihoodSecondsPerToken : nil
    },
  ]
}
