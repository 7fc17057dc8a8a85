import Foundation
import JEPADensity
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct UncertaintyScorerTests {
  /// Targets drawn from N(0, 1) in each of `d` coordinates, and N(shift, scale²) predicted for them.
  private func scores(
    rows: Int, d: Int, shift: Double = 0, scale: Double = 1, samples: Int = 64,
    gaussian: GaussianReference? = nil, logDeterminant: Double = 0
  ) throws -> UncertaintyScores {
    var random = RandomSource(seed: 17)
    let targets = Tensor.normal([rows, d], using: &random)
    var settings = UncertaintySettings()
    settings.samples = samples
    let prediction = DiagonalGaussian(
      mean: .full([rows, d], shift), logScale: .full([d], log(scale)))
    return try UncertaintyScorer(
      dimensions: d, settings: settings, gaussian: gaussian, logDeterminant: logDeterminant
    ).score(
      prediction, targets: targets, images: (0..<rows).map { $0 / 4 },
      using: RandomSource(seed: 23))
  }

  private func mean(_ scores: UncertaintyScores, _ metric: UncertaintyMetric) throws -> Double {
    let values = try #require(scores.rows[metric])
    return values.reduce(0, +) / Double(values.count)
  }

  /// E CRPS of N(μ, σ²) for y ~ N(0, 1): with y − x of variance 1 + σ² and mean −μ,
  /// E|y − x| − σ / √π.
  @Test func crpsOfAGaussian() throws {
    for (shift, scale) in [(0.0, 1.0), (0.5, 0.7), (-1, 2)] {
      let found = try mean(scores(rows: 500, d: 40, shift: shift, scale: scale), .crps)
      let s = (1 + scale * scale).squareRoot()
      let distance =
        s * (2 / Double.pi).squareRoot() * exp(-shift * shift / (2 * s * s))
        + shift * (2 * NormalDistribution.cdf(shift / s) - 1)
      expectClose([found], [distance - scale / Double.pi.squareRoot()], relative: 0.015)
    }
  }

  @Test func closedFormOfCRPS() {
    // At the mean, σ (√2 − 1) / √π.
    let centre = (2.0.squareRoot() - 1) / Double.pi.squareRoot()
    expectClose(
      [GaussianReference.crps(3, mean: 3, deviation: 2)], [2 * centre], relative: 1e-12)
    // Far out, the distance less σ / √π.
    expectClose(
      [GaussianReference.crps(50, mean: 0, deviation: 1)], [50 - 1 / Double.pi.squareRoot()],
      relative: 1e-12)
  }

  @Test func energyScoreInOneDimensionIsCRPS() throws {
    let found = try scores(rows: 50, d: 1, shift: 0.3)
    expectClose(
      try #require(found.rows[.energyScore]), try #require(found.rows[.crps]), absolute: 2e-6,
      relative: 1e-5)
  }

  /// A proper score is least for the truth.
  @Test func properScoresPreferTheTruth() throws {
    let truth = try scores(rows: 600, d: 8)
    for (shift, scale) in [(0.4, 1.0), (0.0, 0.5), (0.0, 1.8)] {
      let other = try scores(rows: 600, d: 8, shift: shift, scale: scale)
      for metric in [UncertaintyMetric.nll, .crps, .energyScore] {
        #expect(try mean(truth, metric) < mean(other, metric), "\(metric) \(shift) \(scale)")
      }
    }
    // The variogram score does not see a common shift, but sees a wrong scale.
    let narrow = try scores(rows: 600, d: 8, scale: 0.5)
    #expect(try mean(truth, .variogramScore) < mean(narrow, .variogramScore))
  }

  @Test func calibrationOfTheTruth() throws {
    // 20 draws: coverage is exact at any number.
    let found = try scores(rows: 2000, d: 10, samples: 20)
    for (central, region, level) in [
      (UncertaintyMetric.coverage50, UncertaintyMetric.hdrCoverage50, 0.5),
      (.coverage80, .hdrCoverage80, 0.8), (.coverage95, .hdrCoverage95, 0.95),
    ] {
      let deviation = (level * (1 - level)).squareRoot()
      expectClose(
        [try mean(found, central)], [level], absolute: 4 * deviation / 20_000.0.squareRoot(),
        relative: 0)
      expectClose(
        [try mean(found, region)], [level], absolute: 4 * deviation / 2000.0.squareRoot(),
        relative: 0)
    }
    #expect(abs(try mean(found, .pitMean) - 0.5) < 0.01)
    #expect(abs(try mean(found, .pitDispersion) - 1) < 0.03)
    // The 0.999 quantile of Kolmogorov's distance is 1.95 / √n.
    #expect(found.pit.kolmogorovDistance < 1.95 / 20_000.0.squareRoot() + 0.001)
    #expect(found.pit.kolmogorovDistances.allSatisfy { $0 < 2.3 / 2000.0.squareRoot() })
    expectClose(found.pit.shares(bins: 20), Array(repeating: 0.05, count: 20), relative: 0.2)
  }

  /// Whose F(u) is known: y ~ N(0, 1) under N(1, 1) has the PIT Φ(z − 1), z ~ N(0, 1).
  @Test func calibrationOfABiasedPrediction() throws {
    let found = try scores(rows: 500, d: 20, shift: 1)
    let distance = 2 * NormalDistribution.cdf(0.5) - 1  // at the middle between the means
    expectClose([found.pit.kolmogorovDistance], [distance], absolute: 0.02, relative: 0)
    #expect(try mean(found, .pitMean) < 0.3)
    let narrow = try scores(rows: 500, d: 20, scale: 0.5)
    #expect(try mean(narrow, .pitDispersion) > 1.3)
    #expect(try mean(narrow, .coverage80) < 0.6)
    #expect(try mean(narrow, .hdrCoverage80) < 0.2)
    let wide = try scores(rows: 500, d: 20, scale: 2)
    #expect(try mean(wide, .pitDispersion) < 0.7)
    #expect(try mean(wide, .hdrCoverage80) > 0.99)
  }

  @Test func sharpnessAndEntropy() throws {
    let found = try scores(rows: 300, d: 30, scale: 0.5, logDeterminant: 2)
    expectClose([try mean(found, .spread)], [0.5], relative: 0.01)
    // Between the 10 % and 90 % quantiles; a little more, for 64 draws to hold 80 % of further ones.
    expectClose([try mean(found, .width80)], [2 * 1.2816 * 0.5 * 1.025], relative: 0.01)
    let entropy = 30 * (0.5 * log(2 * Double.pi * M_E) + log(0.5)) - 2
    expectClose([try mean(found, .entropy)], [entropy], absolute: 0.1, relative: 0)
  }

  @Test func likelihoodIsRelativeToTheGaussian() throws {
    var random = RandomSource(seed: 3)
    let train = Tensor.normal([4000, 6], using: &random)
    let reference = try GaussianReference(targets: train)
    let found = try scores(rows: 400, d: 6, gaussian: reference, logDeterminant: 1.5)
    // The truth is that Gaussian: nothing is gained.
    #expect(abs(try mean(found, .nllMinusGaussian)) < 0.05)
    expectClose(
      [try mean(found, .nll)], [6 * 0.5 * log(2 * Double.pi * M_E) - 1.5], absolute: 0.25,
      relative: 0)
    expectClose(
      [try mean(found, .gaussianCRPS)], [try mean(found, .crps)], relative: 0.03)
    expectClose(
      [try mean(found, .gaussianEnergyScore)], [try mean(found, .energyScore)], relative: 0.03)
    #expect(found.likelihood == .exact)
  }

  /// Against closed forms: a half-normal, a Maxwell distribution, a point far away, and draws where there is none.
  @Test func distancesOfAGaussian() throws {
    func distances(_ variances: [Double], _ points: [[Double]]) throws -> [Double] {
      let d = variances.count
      let covariance = Tensor(
        (0..<d * d).map { $0 / d == $0 % d ? variances[$0 / d] : 0 }, shape: [d, d])
      return try GaussianDistance(covariance: covariance)
        .mean(from: Tensor(points.flatMap(\.self), shape: [points.count, d]))
    }
    // One coordinate: σ √(2/π) e^{−m²/2σ²} + m erf(m / σ√2).
    for (sigma, m) in [(1.0, 0.0), (3e-4, 1e-4), (2, 5), (1, 400)] {
      let expected =
        sigma * (2 / Double.pi).squareRoot() * exp(-m * m / (2 * sigma * sigma))
        + m * erf(m / (sigma * 2.squareRoot()))
      expectClose(try distances([sigma * sigma], [[m]]), [expected], relative: 1e-8)
    }
    let maxwell = 2 * (2 / Double.pi).squareRoot()
    expectClose(
      try distances([4, 4, 4], [[0, 0, 0]]), [2 * maxwell], relative: 1e-8)
    // A line in three dimensions.
    expectClose(
      try distances([1, 0, 0], [[0, 0, 0]]), [(2 / Double.pi).squareRoot()], relative: 1e-8)
    var random = RandomSource(seed: 6)
    let variances = [0.1, 0.5, 3, 1], point = [1, -1, 0.5, 2]
    var sum = 0.0
    for _ in 0..<40_000 {
      sum += zip(variances, point).reduce(0) { total, pair in
        let difference = pair.0.squareRoot() * random.normal() - pair.1
        return total + difference * difference
      }.squareRoot()
    }
    expectClose(try distances(variances, [point]), [sum / 40_000], relative: 0.01)
  }

  /// Layer-normed rows of float32, whose entries sum to 0 but for rounding.
  @Test func rowsThatSumToZeroHaveNoGaussian() throws {
    var random = RandomSource(seed: 3)
    let rows = Tensor.normal([500, 24], using: &random).layerNorm(epsilon: 1e-5)
    #expect(throws: GaussianDensityError.singular(column: 23)) {
      try GaussianReference(targets: rows)
    }
  }

  /// In batches or at once, rows that need no draws score the same; counts add up.
  @Test func batchesAddUp() throws {
    var whole = try scores(rows: 40, d: 5)
    let pit = whole.pit
    let nll = try #require(whole.rows[.nll])
    whole.append(try scores(rows: 40, d: 5))
    #expect(whole.rows.count == 80 && whole.pit.rows == 80)
    #expect(try #require(whole.rows[.nll]) == nll + nll)
    #expect(whole.pit.shares(bins: 20) == pit.shares(bins: 20))
    // A column that only one side has.
    var points = UncertaintyScores(dimensions: 5)
    points.rows = RowScores(images: [0], columns: [.crps: [1]])
    whole.append(points)
    #expect(try #require(whole.rows[.nll]).last?.isNaN == true)
    #expect(try #require(whole.rows[.crps]).last == 1)
  }

  @Test func whatIsNotFiniteIsRefused() {
    let prediction = DiagonalGaussian(mean: .full([2, 3], .nan), logScale: .zeros([3]))
    #expect(throws: EvaluationError.notFinite("the head's draws")) {
      try UncertaintyScorer(dimensions: 3).score(
        prediction, targets: .zeros([2, 3]), images: [0, 1], using: RandomSource(seed: 0))
    }
  }

  @Test func noRowsAreNoScores() throws {
    let found = try scores(rows: 0, d: 3)
    #expect(found.rows.count == 0 && found.rows.metrics.isEmpty)
    #expect(throws: EvaluationError.self) {
      try UncertaintyReport(
        found, settings: .init(), targetNoise: 0, using: RandomSource(seed: 0))
    }
  }

  /// The noise of estimates and of means by draws stands in the report as a figure.
  @Test func noiseOfDrawsIsAFigure() throws {
    let prediction = EstimatedGaussian(
      exact: DiagonalGaussian(mean: .zeros([400, 2]), logScale: .full([2], log(3))), noise: 2,
      traceProbes: 3, meanDraws: 16)
    let scorer = UncertaintyScorer(dimensions: 2)
    // Two batches, whose noise adds up.
    var scores = UncertaintyScores(dimensions: 2)
    for batch in 0..<2 {
      scores.append(
        try scorer.score(
          prediction, targets: .zeros([400, 2]), images: Array(0..<400),
          using: RandomSource(seed: UInt64(batch))))
    }
    let report = try UncertaintyReport(
      scores, settings: scorer.settings, targetNoise: 0, using: RandomSource(seed: 0))
    expectClose(
      [try #require(report.monteCarloError)], [2 / (800.0).squareRoot()], relative: 0.15)
    // The predicted variance is 9.
    expectClose([try #require(report.meanDrawVariance)], [9.0 / 16], relative: 0.05)
    let text = report.lines.joined(separator: "\n")
    #expect(text.contains("3 random vectors a row") && text.contains(" nats of the mean)"))
    #expect(text.contains("predicted variance, 0.5"))
  }

  /// Estimates stand under names of their own.
  @Test func estimatesHaveTheirOwnNames() throws {
    let prediction = EstimatedGaussian(
      exact: DiagonalGaussian(mean: .zeros([30, 2]), logScale: .zeros([2])))
    var random = RandomSource(seed: 5)
    let targets = Tensor.normal([30, 2], using: &random)
    var settings = UncertaintySettings()
    func found() throws -> UncertaintyScores {
      try UncertaintyScorer(dimensions: 2, settings: settings).score(
        prediction, targets: targets, images: Array(0..<30), using: RandomSource(seed: 6))
    }
    let plain = try found()
    #expect(plain.likelihood == .estimate)
    #expect(plain.rows[.nll] == nil && plain.rows[.hdrCoverage50] == nil)
    #expect(plain.rows[.estimatedNLL] != nil && plain.rows[.estimatedHDRCoverage50] == nil)
    let report = try UncertaintyReport(
      plain, settings: settings, targetNoise: 0, using: RandomSource(seed: 0))
    #expect(report.monteCarloError == nil && report.meanDrawVariance == nil)
    settings.estimatedDensitySamples = 16
    let more = try found()
    #expect(more.rows[.estimatedHDRCoverage50] != nil && more.rows[.estimatedEntropy] != nil)
  }
}

/// A Gaussian that claims to know its density only roughly.
struct EstimatedGaussian: EstimatedDensity {
  let exact: DiagonalGaussian
  /// The standard deviation of an estimate, in nats.
  var noise = 0.0
  var traceProbes, meanDraws: Int?

  func estimatedLogDensity(of y: Tensor, using random: inout RandomSource) -> Tensor {
    exact.logDensity(of: y) + Tensor.normal([y.shape[0]], using: &random) * noise
  }
  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    exact.loss(of: y, using: &random)
  }
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    exact.sample(count, using: &random)
  }
  func mean(using random: inout RandomSource) -> Tensor { exact.mean }
}
