import JEPAEval

extension Figure {
  /// Every figure that the page knows, in its order.
  static let catalogue: [Figure] =
    features + likelihood + samples + calibration + ranking + truth + costs + own

  private static let features: [Figure] = [
    Figure(
      key: "knn", title: "kNN accuracy", topic: .features, unit: "%", better: .high,
      meaning:
        "Share of validation images whose nearest training images, by the encoder's features, "
        + "vote for the right class. Read it beside the floors.",
      scale: 100,
      measure: { run in
        if let knn = run.evaluation["encoder"]?.knn { return .share(knn.top1, of: knn.queryCount) }
        return run.curve("knn_top1").last.map { Measure(mean: $0.y) }
      }),
    Figure(
      key: "linear", title: "Linear probe", topic: .features, unit: "%", better: .high,
      meaning: "Share of validation images that a linear classifier on the features gets right.",
      scale: 100,
      measure: { run in
        run.evaluation["encoder"]?.linear.map { .share($0.top1, of: $0.validationCount) }
      }),
    fewLabels(1), fewLabels(10),
    Figure(
      key: "attentive", title: "Attentive probe", topic: .features, unit: "%", better: .high,
      meaning: "The same of a classifier that attends to all patches.", scale: 100),
    Figure(
      key: "rankme", title: "RankMe", topic: .features, better: .none,
      meaning:
        "How many directions the features use: 1 is collapse, at most their width. A sign of "
        + "health, not of quality.",
      measure: { run in
        (run.evaluation["encoder"]?.rank?.rankMe ?? run.curve("rankme").last?.y)
          .map { Measure(mean: $0) }
      }),
    Figure(
      key: "feature_std", title: "Features' deviation", topic: .features, better: .none,
      meaning: "Standard deviation of a feature over images, in the mean; 0 is collapse.",
      measure: {
        $0.evaluation["encoder"]?.rank.map {
          Measure(mean: $0.meanStandardDeviation)
        }
      }),
  ]

  private static func fewLabels(_ percent: Int) -> Figure {
    Figure(
      key: "linear_\(percent)", title: "Linear probe on \(percent)\u{00A0}% of labels",
      topic: .features,
      unit: "%", better: .high, meaning: "Where labels are few.", scale: 100)
  }

  private static let likelihood: [Figure] = [
    Figure(
      key: "nll_minus_gaussian", title: "Negative log-likelihood less the Gaussian's",
      topic: .likelihood, unit: "nats", better: .low,
      meaning: "Per target. Below 0 the head knows more than one Gaussian fitted to all targets, "
        + "which is given no context.", measure: metric("nll_minus_gaussian")),
    Figure(
      key: "estimated_nll_minus_gaussian", title: "The same, estimated", topic: .likelihood,
      unit: "nats", better: .low,
      meaning: "Of heads whose density can only be estimated (diffusion). Never to be ranked "
        + "among exact values.", measure: metric("estimated_nll_minus_gaussian")),
  ]

  private static let samples: [Figure] = [
    Figure(
      key: "crps_skill", title: "CRPS skill", topic: .samples, better: .high,
      meaning: "How much closer draws come to the target than the Gaussian's, coordinate by "
        + "coordinate: 0 is no closer, 1 perfect.", measure: skill(.crps)),
    Figure(
      key: "energy_skill", title: "Energy skill", topic: .samples, better: .high,
      meaning: "The same for whole vectors: 0 is no better than the Gaussian, 1 perfect.",
      measure: skill(.energyScore)),
  ]

  private static let calibration: [Figure] = [
    Figure(
      key: "pit_dispersion", title: "PIT dispersion", topic: .calibration, better: .near, ideal: 1,
      meaning: "Above 1: predicted spreads are too small (overconfident); below 1: too large.",
      measure: metric("pit_dispersion")),
    Figure(
      key: "pit_distance", title: "PIT distance from flat", topic: .calibration, better: .low,
      meaning: "The largest gap between stated and observed probabilities of coordinates: 0 is "
        + "calibrated.",
      measure: { ($0.uncertainty?.pit.kolmogorovDistance).map { Measure(mean: $0) } }),
    coverage(50), coverage(80), coverage(95),
    densest(50), densest(80), densest(95),
  ]

  private static func coverage(_ level: Int) -> Figure {
    Figure(
      key: "coverage_\(level)", title: "Coverage of central \(level)\u{00A0}% intervals",
      topic: .calibration, unit: "%", better: .near, ideal: Double(level) / 100,
      meaning: "Share of target coordinates within the interval that is to hold \(level) %.",
      scale: 100, measure: metric("coverage_\(level)"))
  }

  private static func densest(_ level: Int) -> Figure {
    Figure(
      key: "hdr_coverage_\(level)", title: "Coverage of densest \(level)\u{00A0}% regions",
      topic: .calibration, unit: "%", better: .near, ideal: Double(level) / 100,
      meaning:
        "Share of targets within the smallest region that is to hold \(level) %: the test that "
        + "notices a wrong shape, such as missing modes.", scale: 100,
      measure: metric("hdr_coverage_\(level)"))
  }

  private static let ranking: [Figure] = [
    Figure(
      key: "prediction_rejection_ratio", title: "Prediction rejection ratio", topic: .ranking,
      better: .high,
      meaning: "How much giving up the most uncertain targets lowers the error: 0 as chance, 1 as "
        + "one who knows the errors, below 0 misleading.", measure: ranking(\.rejectionRatio)),
    Figure(
      key: "spearman", title: "Rank correlation of spread and error", topic: .ranking,
      better: .high, meaning: "Spearman's, over targets: 0 is none, 1 perfect.",
      measure: ranking(\.spearman)),
    Figure(
      key: "auroc", title: "AUROC on images of unseen kinds", topic: .ranking, better: .high,
      meaning: "The probability that an image of an unseen kind has the larger predicted spread: "
        + "0.5 is chance.",
      measure: { $0.uncertainty?.separation?.auroc[.spread].flatMap { Measure($0) } }),
  ]

  private static let truth: [Figure] = [
    Figure(
      key: "nll_minus_true", title: "Distance from the truth", topic: .truth, unit: "nats",
      better: .low,
      meaning: "Log-density under the true distribution less that under the head; its mean "
        + "estimates the Kullback-Leibler divergence. 0 is the truth itself.",
      measure: metric("nll_minus_true")),
    Figure(
      key: "mode_recall", title: "Mode recall", topic: .truth, better: .high,
      meaning: "Of the possible completions, the share that draws reach about as often as they "
        + "should.", measure: metric("mode_recall")),
    Figure(
      key: "mode_precision", title: "Mode precision", topic: .truth, better: .high,
      meaning: "Share of draws that lie near a possible completion rather than between them.",
      measure: metric("mode_precision")),
    Figure(
      key: "mode_total_variation", title: "Error of mode weights", topic: .truth, better: .low,
      meaning: "Total variation between predicted and true probabilities of the completions; 0 is "
        + "right, 1 entirely wrong.", measure: metric("mode_total_variation")),
    Figure(
      key: "diversity", title: "Diversity", topic: .truth, better: .near, ideal: 1,
      meaning: "Mean distance of two draws over that of two true completions; below 1: draws too "
        + "alike.", measure: { $0.uncertainty?.modes.flatMap { Measure($0.diversity) } }),
    Figure(
      key: "entropy_correlation", title: "Entropy correlation", topic: .truth, better: .high,
      meaning: "Rank correlation of the predicted and the true entropy over targets: whether the "
        + "head knows where there are many answers.",
      measure: { $0.uncertainty?.modes.flatMap { Measure($0.entropyCorrelation) } }),
    Figure(
      key: "differential_entropy_correlation", title: "Differential entropy correlation",
      topic: .truth, better: .high,
      meaning:
        "Rank correlation over targets of the entropy that the density states with the true one."),
  ]

  private static let costs: [Figure] = [
    Figure(
      key: "parameters", title: "Parameters", topic: .cost, better: .none,
      meaning: "Of encoder, predictor and head.", measure: cost(\.parameters)),
    Figure(
      key: "images_per_second", title: "Training speed", topic: .cost, unit: "images/s",
      better: .high, meaning: "On the machine named below; loading included.",
      measure: { run in
        if let rate = run.cost?.imagesPerSecond { return Measure(mean: rate) }
        let rates = run.metrics.compactMap { $0["images_per_second"] }.sorted()
        return rates.isEmpty ? nil : Measure(mean: rates[rates.count / 2])
      }),
    Figure(
      key: "peak_memory", title: "Peak memory", topic: .cost, unit: "MiB", better: .low,
      meaning: "Of the training process.", scale: 1 / 1_048_576, measure: cost(\.peakMemoryBytes)),
    Figure(
      key: "sample_time", title: "Time of a draw", topic: .cost, unit: "µs/token",
      better: .low, meaning: "Of one target's embedding.", scale: 1e6,
      measure: cost(\.sampleSecondsPerToken)),
    Figure(
      key: "likelihood_time", title: "Time of a log-density", topic: .cost, unit: "µs/token",
      better: .low, meaning: "Of one target.", scale: 1e6,
      measure: cost { $0.likelihoodIsEstimate == true ? nil : $0.likelihoodSecondsPerToken }),
    Figure(
      key: "estimated_likelihood_time", title: "Time of an estimated log-density", topic: .cost,
      unit: "µs/token", better: .none, meaning: "Of heads without an exact one.", scale: 1e6,
      measure: cost { $0.likelihoodIsEstimate == true ? $0.likelihoodSecondsPerToken : nil }),
  ]

  private static let own: [Figure] = [
    Figure(
      key: "nll", title: "Negative log-likelihood", topic: .own, unit: "nats",
      meaning: "Per target, lower is better for the same targets.", measure: metric("nll")),
    Figure(
      key: "crps", title: "CRPS", topic: .own,
      meaning: "Mean distance of draws to the target less half that between draws, per coordinate.",
      measure: metric("crps")),
    Figure(
      key: "energy_score", title: "Energy score", topic: .own,
      meaning: "The same for whole vectors.", measure: metric("energy_score")),
    Figure(
      key: "variogram_score", title: "Variogram score", topic: .own,
      meaning: "Of differences between directions: sees dependence that the others miss.",
      measure: metric("variogram_score")),
    Figure(
      key: "squared_error", title: "Squared error", topic: .own,
      meaning: "Of the head's mean, per coordinate.", measure: metric("squared_error")),
    Figure(
      key: "spread", title: "Predicted spread", topic: .own,
      meaning:
        "Root mean variance of a coordinate; the root of the squared error where calibrated.",
      measure: metric("spread")),
  ]
}
