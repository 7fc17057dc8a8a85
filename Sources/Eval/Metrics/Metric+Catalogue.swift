import JEPATensor

extension Metric {
  /// Every figure that comparisons and reports know, in their order.
  public static let catalogue: [Metric] =
    features + likelihood + samples + calibration + ranking + truth + costs + ownUnits

  /// - Parameter key: of a figure of the catalogue.
  public static func known(_ key: String) -> Metric {
    guard let metric = byKey[key] else { requirementFailed("Metric: no figure \(key)") }
    return metric
  }

  private static let byKey = Dictionary(uniqueKeysWithValues: catalogue.map { ($0.key, $0) })

  public static let features: [Metric] = [
    Metric(
      "knn", title: "kNN accuracy", shortTitle: "kNN", unit: "%", better: .high, digits: 2,
      scale: 100,
      meaning:
        "Share of validation images whose nearest training images, by the encoder's features, "
        + "vote for the right class. Read it beside the floors."),
    Metric(
      "linear", title: "Linear probe", shortTitle: "linear", unit: "%", better: .high, digits: 2,
      scale: 100,
      meaning: "Share of validation images that a linear classifier on the features gets right."),
    fewLabels(1), fewLabels(10),
    Metric(
      "attentive", title: "Attentive probe", shortTitle: "attentive", unit: "%", better: .high,
      digits: 2, scale: 100, meaning: "The same of a classifier that attends to all patches."),
    Metric(
      "rankme", title: "RankMe", digits: 1,
      meaning:
        "How many directions the features use: 1 is collapse, at most their width. A sign of "
        + "health, not of quality."),
    Metric(
      "feature_std", title: "Features' deviation", shortTitle: "std",
      meaning: "Standard deviation of a feature over images, in the mean; 0 is collapse."),
  ]

  private static func fewLabels(_ percent: Int) -> Metric {
    Metric(
      "linear_\(percent)", title: "Linear probe on \(percent)\u{00A0}% of labels",
      shortTitle: "linear, \(percent) % of labels", unit: "%", better: .high, digits: 2,
      scale: 100, meaning: "Where labels are few.")
  }

  public static let likelihood: [Metric] = [
    Metric(
      "nll_minus_gaussian", title: "Negative log-likelihood less the Gaussian's",
      shortTitle: "NLL − Gaussian", unit: "nats", better: .low, digits: 2,
      meaning: "Per target. Below 0 the head knows more than one Gaussian fitted to all targets, "
        + "which is given no context."),
    Metric(
      "estimated_nll_minus_gaussian", title: "The same, estimated",
      shortTitle: "NLL − Gaussian, estimated", unit: "nats", better: .low, digits: 2,
      meaning: "Of heads whose density can only be estimated (diffusion). Never to be ranked "
        + "among exact values."),
  ]

  public static let samples: [Metric] = [
    Metric(
      "crps_skill", title: "CRPS skill", better: .high,
      meaning: "How much closer draws come to the target than the Gaussian's, coordinate by "
        + "coordinate: 0 is no closer, 1 perfect."),
    Metric(
      "energy_skill", title: "Energy skill", shortTitle: "energy skill", better: .high,
      meaning: "The same for whole vectors: 0 is no better than the Gaussian, 1 perfect."),
  ]

  public static let calibration: [Metric] =
    [
      Metric(
        "pit_dispersion", title: "PIT dispersion", better: .near, ideal: 1,
        meaning: "Above 1: predicted spreads are too small (overconfident); below 1: too large."),
      Metric(
        "pit_distance", title: "PIT distance from flat", shortTitle: "PIT distance", better: .low,
        meaning: "The largest gap between stated and observed probabilities of coordinates: 0 is "
          + "calibrated."),
    ] + [50, 80, 95].map(coverage) + [50, 80, 95].map(densest)

  private static func coverage(_ level: Int) -> Metric {
    Metric(
      "coverage_\(level)", title: "Coverage of central \(level)\u{00A0}% intervals",
      shortTitle: "coverage \(level)", unit: "%", better: .near, ideal: Double(level) / 100,
      digits: 1, scale: 100,
      meaning: "Share of target coordinates within the interval that is to hold \(level) %.")
  }

  private static func densest(_ level: Int) -> Metric {
    Metric(
      "hdr_coverage_\(level)", title: "Coverage of densest \(level)\u{00A0}% regions",
      shortTitle: "HDR coverage \(level)", unit: "%", better: .near, ideal: Double(level) / 100,
      digits: 1, scale: 100,
      meaning:
        "Share of targets within the smallest region that is to hold \(level) %: the test that "
        + "notices a wrong shape, such as missing modes.")
  }

  public static let ranking: [Metric] = [
    Metric(
      "prediction_rejection_ratio", title: "Prediction rejection ratio", better: .high,
      meaning: "How much giving up the most uncertain targets lowers the error: 0 as chance, 1 as "
        + "one who knows the errors, below 0 misleading."),
    Metric(
      "spearman", title: "Rank correlation of spread and error", better: .high,
      meaning: "Spearman's, over targets: 0 is none, 1 perfect."),
    Metric(
      "auroc", title: "AUROC on images of unseen kinds", better: .high,
      meaning: "The probability that an image of an unseen kind has the larger predicted spread: "
        + "0.5 is chance."),
  ]

  public static let truth: [Metric] = [
    Metric(
      "nll_minus_true", title: "Distance from the truth", shortTitle: "NLL − truth", unit: "nats",
      better: .low, digits: 2,
      meaning: "Log-density under the true distribution less that under the head; its mean "
        + "estimates the Kullback-Leibler divergence. 0 is the truth itself."),
    Metric(
      "mode_recall", title: "Mode recall", shortTitle: "mode recall", better: .high,
      meaning: "Of the possible completions, the share that draws reach about as often as they "
        + "should."),
    Metric(
      "mode_precision", title: "Mode precision", shortTitle: "mode precision", better: .high,
      meaning: "Share of draws that lie near a possible completion rather than between them."),
    Metric(
      "mode_total_variation", title: "Error of mode weights",
      shortTitle: "mode weights' total variation", better: .low,
      meaning: "Total variation between predicted and true probabilities of the completions; 0 is "
        + "right, 1 entirely wrong."),
    Metric(
      "diversity", title: "Diversity", better: .near, ideal: 1,
      meaning: "Mean distance of two draws over that of two true completions; below 1: draws too "
        + "alike."),
    Metric(
      "entropy_correlation", title: "Entropy correlation", shortTitle: "entropy correlation",
      better: .high,
      meaning: "Rank correlation of the predicted and the true entropy over targets: whether the "
        + "head knows where there are many answers."),
    Metric(
      "differential_entropy_correlation", title: "Differential entropy correlation",
      shortTitle: "differential entropy correlation", better: .high,
      meaning:
        "Rank correlation over targets of the entropy that the density states with the true one."),
  ]

  public static let costs: [Metric] = [
    Metric(
      "parameters", title: "Parameters", shortTitle: "parameters", digits: 0,
      meaning: "Of encoder, predictor and head."),
    Metric(
      "images_per_second", title: "Training speed", shortTitle: "training", unit: "images/s",
      better: .high, digits: 1, meaning: "On the machine named below; loading included."),
    Metric(
      "peak_memory", title: "Peak memory", shortTitle: "peak memory", unit: "MiB", better: .low,
      digits: 0, scale: 1 / 1_048_576, meaning: "Of the training process."),
    Metric(
      "sample_time", title: "Time of a draw", shortTitle: "a draw", unit: "µs/token",
      better: .low, digits: 2, scale: 1e6, meaning: "Of one target's embedding."),
    Metric(
      "likelihood_time", title: "Time of a log-density", shortTitle: "a likelihood",
      unit: "µs/token", better: .low, digits: 2, scale: 1e6, meaning: "Of one target."),
    Metric(
      "estimated_likelihood_time", title: "Time of an estimated log-density",
      shortTitle: "a likelihood's estimate", unit: "µs/token", better: .low, digits: 2, scale: 1e6,
      meaning: "Of heads without an exact one."),
  ]

  /// In units of a run's own targets.
  public static let ownUnits: [Metric] = [
    Metric(
      "nll", title: "Negative log-likelihood", unit: "nats",
      meaning: "Per target, lower is better for the same targets."),
    Metric(
      "crps", title: "CRPS",
      meaning: "Mean distance of draws to the target less half that between draws, per coordinate."),
    Metric("energy_score", title: "Energy score", meaning: "The same for whole vectors."),
    Metric(
      "variogram_score", title: "Variogram score",
      meaning: "Of differences between directions: sees dependence that the others miss."),
    Metric(
      "squared_error", title: "Squared error", meaning: "Of the head's mean, per coordinate."),
    Metric(
      "spread", title: "Predicted spread",
      meaning:
        "Root mean variance of a coordinate; the root of the squared error where calibrated."),
  ]
}
