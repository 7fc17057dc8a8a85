import Foundation
import JEPATensor

/// What was found of a head's predicted distributions: every figure with its interval. Encodes to JSON
/// with keys that stay.
public struct UncertaintyReport: Sendable, Equatable, Codable {
  /// What was measured, where it is a run.
  public var run: RunDescription?
  /// How intervals were had.
  public struct Bootstrap: Sendable, Equatable, Codable {
    public let resamples: Int
    public let confidence: Double
    /// What is drawn with replacement: images, each with all of its rows.
    public let clusters: Int
  }

  public let rows: Int
  public let images: Int
  /// D, coordinates of a target.
  public let dimensions: Int
  /// M, draws per row.
  public let samples: Int
  /// How log-densities were had; nil where the head has none.
  public let likelihood: LogLikelihood.Kind?
  /// Draws a row behind the head's means, which add their variance over that number to the squared error; nil where
  /// means are exact.
  public let meanDraws: Int?
  /// What those draws add to the mean squared error of the mean: the predicted variance over ``meanDraws``; nil where
  /// means are exact.
  public let meanDrawVariance: Double?
  /// Random vectors a row behind estimated log-densities (Hutchinson); nil where none decide them. They are drawn for
  /// each row by itself, so that intervals over images have their noise in them.
  public let traceProbes: Int?
  /// The standard deviation of the mean estimated log-density over those vectors, in nats: the part of its interval
  /// that more vectors would remove.
  public let monteCarloError: Double?
  /// σ of the noise in targets; likelihoods compare only where it is equal.
  public let targetNoise: Double
  /// log |det| of the targets' transform, which every log-density includes, in nats.
  public let logDeterminant: Double
  public let bootstrap: Bootstrap
  /// By the metric's key.
  public let metrics: [UncertaintyMetric: MetricSummary]
  /// 1 − score / the Gaussian's score: 1 is perfect, 0 no better than the Gaussian. Keys `crps` and
  /// `energy_score`.
  public let skill: [UncertaintyMetric: Estimate]
  public let pit: PITSummary
  /// How well each sign of uncertainty ranks the mean prediction's squared errors.
  public let errorRanking: [UncertaintyMetric: ErrorRanking]
  /// How well each sign tells images of unseen kinds from those of known kinds; nil where there were none.
  public var separation: Separation?
  /// Where the truth is known.
  public let modes: ModeSummary?

  enum CodingKeys: String, CodingKey {
    case run, rows, images, dimensions, samples, likelihood, bootstrap, metrics, skill, pit,
      separation
    case modes
    case meanDraws = "mean_draws"
    case traceProbes = "trace_probes"
    case meanDrawVariance = "mean_draw_variance"
    case monteCarloError = "monte_carlo_error"
    case targetNoise = "target_noise"
    case logDeterminant = "log_determinant"
    case errorRanking = "error_ranking"
  }

  /// The report as JSON, keys sorted.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}

/// One metric over rows.
public struct MetricSummary: Sendable, Equatable, Codable {
  /// The mean over rows.
  public let mean: Estimate
  /// Of losses alone.
  public let median: Double?
  /// The loss that the worst hundredth of the rows exceeds.
  public let worstPercentile: Double?
  /// Rows that have the score.
  public let rows: Int

  enum CodingKeys: String, CodingKey {
    case mean, median, rows
    case worstPercentile = "worst_percentile"
  }

  init(_ metric: UncertaintyMetric, _ values: [Double], _ bootstrap: ClusteredBootstrap) {
    mean = bootstrap.mean(values)
    let sorted = values.filter { !$0.isNaN }.sorted()
    rows = sorted.count
    median = metric.isLoss && !sorted.isEmpty ? sorted.sortedQuantile(0.5) : nil
    worstPercentile = metric.isLoss && !sorted.isEmpty ? sorted.sortedQuantile(0.99) : nil
  }
}

/// How the targets' PITs are distributed.
public struct PITSummary: Sendable, Equatable, Codable {
  /// Shares of 20 equal bins over all coordinates; 0.05 each if calibrated.
  public let histogram: [Double]
  /// Of all coordinates' PITs together.
  public let kolmogorovDistance: Double
  /// The mean over coordinates of each one's own distance.
  public let meanCoordinateDistance: Double
  public let worstCoordinateDistance: Double
  /// From 0.
  public let worstCoordinate: Int

  enum CodingKeys: String, CodingKey {
    case histogram
    case kolmogorovDistance = "kolmogorov_distance"
    case meanCoordinateDistance = "mean_coordinate_distance"
    case worstCoordinateDistance = "worst_coordinate_distance"
    case worstCoordinate = "worst_coordinate"
  }

  init(_ pit: PITHistogram) {
    histogram = pit.shares(bins: 20)
    kolmogorovDistance = pit.kolmogorovDistance
    let distances = pit.kolmogorovDistances
    meanCoordinateDistance = distances.reduce(0, +) / Double(distances.count)
    worstCoordinate = distances.indices.max { distances[$0] < distances[$1] } ?? 0
    worstCoordinateDistance = distances[worstCoordinate]
  }
}

/// How a sign of uncertainty ranks errors.
public struct ErrorRanking: Sendable, Equatable, Codable {
  /// Spearman's correlation of uncertainty and error.
  public let spearman: Estimate
  /// Area under the risk-coverage curve, in the errors' unit.
  public let aurc: Estimate
  /// `aurc` less that of the oracle.
  public let excessAURC: Estimate
  /// The prediction rejection ratio: 1 as the oracle, 0 as chance.
  public let rejectionRatio: Estimate
  /// Area of the order by the errors themselves.
  public let oracleAURC: Double
  /// Area of a random order: the mean error.
  public let randomAURC: Double
  /// Shares of the rows kept, least uncertain first.
  public let coverage: [Double]
  /// The mean error of what is kept.
  public let risk: [Double]

  enum CodingKeys: String, CodingKey {
    case spearman, aurc, coverage, risk
    case excessAURC = "excess_aurc"
    case rejectionRatio = "prediction_rejection_ratio"
    case oracleAURC = "oracle_aurc"
    case randomAURC = "random_aurc"
  }

  /// Signs of uncertainty that need no target.
  static let signs: [UncertaintyMetric] = [.spread, .energySpread, .entropy, .estimatedEntropy]

  /// - Parameter bootstrap: of these rows.
  init(errors: [Double], uncertainty: [Double], _ bootstrap: ClusteredBootstrap) {
    let curve = RiskCoverage(errors: errors, uncertainty: uncertainty)
    let correlation = SpearmanCorrelation(uncertainty, errors)
    let estimates = bootstrap.estimates { weights in
      let areas = curve.areas(weights: weights)
      return [
        correlation.value(weights: weights), areas.area, areas.excess, areas.rejectionRatio,
      ]
    }
    (spearman, aurc) = (estimates[0], estimates[1])
    (excessAURC, rejectionRatio) = (estimates[2], estimates[3])
    let areas = curve.areas
    (oracleAURC, randomAURC) = (areas.oracle, areas.random)
    coverage = (1...20).map { Double($0) / 20 }
    risk = curve.risks(at: coverage)
  }
}

/// How images of unseen kinds are told from those of known kinds.
public struct Separation: Sendable, Equatable, Codable {
  public let images: Int
  public let rows: Int
  /// The AUROC of each sign, averaged over each image's rows: the probability that an image of an unseen
  /// kind has more of it.
  public let auroc: [UncertaintyMetric: Estimate]

  /// Signs that need no target, then scores of the target itself.
  static let signs = ErrorRanking.signs + [.squaredError, .nll, .estimatedNLL, .energyScore]

  /// - Parameters:
  ///   - known: scores of images of the kinds trained on.
  ///   - unseen: scores of others, by the same head.
  public init(
    known: RowScores, unseen: RowScores, resamples: Int = 1000, confidence: Double = 0.95,
    using random: RandomSource
  ) {
    rows = unseen.count
    images = Set(unseen.images).count
    var auroc: [UncertaintyMetric: Estimate] = [:]
    for sign in Self.signs where known[sign] != nil && unseen[sign] != nil {
      let (inside, outside) = (known.imageMeans(sign), unseen.imageMeans(sign))
      if inside.means.isEmpty || outside.means.isEmpty { continue }
      let area = ROCArea(negatives: inside.means, positives: outside.means)
      func bootstrap(_ images: [Int], _ name: String) -> ClusteredBootstrap {
        ClusteredBootstrap(
          clusters: images, resamples: resamples, confidence: confidence,
          using: random.split(name))
      }
      auroc[sign] = bootstrap(inside.images, "known").estimate(
        with: bootstrap(outside.images, "unseen")
      ) { area.value(negativeWeights: $0, positiveWeights: $1) }
    }
    self.auroc = auroc
  }
}

/// What only a known truth can tell, beside the means of the `mode_…` metrics.
public struct ModeSummary: Sendable, Equatable, Codable {
  public let rule: ModeRule
  /// Mean pairwise distance of the head's draws over that of the truth's; 1 is right, below 1 too alike.
  public let diversity: Estimate
  /// Spearman's correlation over rows of the entropy of predicted mode weights and the true one.
  public let entropyCorrelation: Estimate
  /// The same of the predicted differential entropy; nil where the head has none.
  public let differentialEntropyCorrelation: Estimate?

  enum CodingKeys: String, CodingKey {
    case rule, diversity
    case entropyCorrelation = "entropy_correlation"
    case differentialEntropyCorrelation = "differential_entropy_correlation"
  }

  init?(_ rows: RowScores, rule: ModeRule, _ bootstrap: ClusteredBootstrap) {
    guard let spread = rows[.energySpread], let trueSpread = rows[.trueEnergySpread],
      let entropy = rows[.modeEntropy], let trueEntropy = rows[.trueModeEntropy]
    else { return nil }
    self.rule = rule
    diversity = bootstrap.ratio(spread, trueSpread)
    /// Rows that lack one of the two count for nothing.
    func correlation(_ entropy: [Double]) -> Estimate {
      let isKnown = zip(entropy, trueEntropy).map { !$0.isNaN && !$1.isNaN }
      func known(_ values: [Double]) -> [Double] { zip(values, isKnown).map { $1 ? $0 : 0 } }
      let correlation = SpearmanCorrelation(known(entropy), known(trueEntropy))
      return bootstrap.estimates { weights in
        [correlation.value(weights: zip(weights, isKnown).map { $1 ? $0 : 0 })]
      }[0]
    }
    entropyCorrelation = correlation(entropy)
    differentialEntropyCorrelation =
      (rows[.entropy] ?? rows[.estimatedEntropy]).map(correlation)
  }
}

extension UncertaintyReport {
  /// Sums up scores.
  ///
  /// - Parameters:
  ///   - settings: those that the rows were scored with.
  ///   - resamples: of the bootstrap.
  ///   - random: of the bootstrap; the same for heads that are compared.
  /// - Throws: ``EvaluationError/empty(_:)`` without rows.
  public init(
    _ scores: UncertaintyScores, settings: UncertaintySettings, targetNoise: Double,
    logDeterminant: Double = 0, resamples: Int = 1000, confidence: Double = 0.95,
    using random: RandomSource
  ) throws {
    let table = scores.rows
    guard table.count > 0 else { throw EvaluationError.empty("the set of scored targets") }
    let bootstrap = ClusteredBootstrap(
      clusters: table.images, resamples: resamples, confidence: confidence, using: random)
    rows = table.count
    images = bootstrap.clusterCount
    dimensions = scores.pit.dimensions
    samples = settings.samples
    likelihood = scores.likelihood
    (meanDraws, traceProbes) = (scores.meanDraws, scores.traceProbes)
    meanDrawVariance = scores.meanDraws.flatMap { draws in
      table[.spread].map { $0.reduce(0) { $0 + $1 * $1 } / Double(table.count * draws) }
    }
    monteCarloError = scores.estimateNoise.errorOfMean(rows: table.count)
    self.targetNoise = targetNoise
    self.logDeterminant = logDeterminant
    self.bootstrap = Bootstrap(
      resamples: resamples, confidence: confidence, clusters: bootstrap.clusterCount)
    metrics = table.columns.reduce(into: [:]) {
      $0[$1.key] = MetricSummary($1.key, $1.value, bootstrap)
    }
    let references: [(UncertaintyMetric, UncertaintyMetric)] = [
      (.crps, .gaussianCRPS), (.energyScore, .gaussianEnergyScore),
    ]
    skill = references.reduce(into: [:]) { skill, pair in
      guard let score = table[pair.0], let gaussian = table[pair.1] else { return }
      skill[pair.0] = bootstrap.ratio(zip(gaussian, score).map { $0 - $1 }, gaussian)
    }
    pit = PITSummary(scores.pit)
    errorRanking = ErrorRanking.signs.reduce(into: [:]) { ranking, sign in
      guard let uncertainty = table[sign], let errors = table[.squaredError],
        !uncertainty.contains(where: \.isNaN)
      else { return }
      ranking[sign] = ErrorRanking(errors: errors, uncertainty: uncertainty, bootstrap)
    }
    run = nil
    separation = nil
    modes = ModeSummary(table, rule: settings.modes, bootstrap)
  }
}
