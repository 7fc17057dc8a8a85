import JEPADensity
import JEPATensor

/// The scores of some rows and what is counted over them.
public struct UncertaintyScores: Sendable {
  public internal(set) var rows: RowScores
  public internal(set) var pit: PITHistogram
  /// Whether the head's density is exact or estimated; nil for neither, and before any row.
  public internal(set) var likelihood: LogLikelihood.Kind?
  /// Draws a row behind each mean, and random vectors a row behind each estimated log-density; nil where none
  /// decide it.
  public internal(set) var meanDraws, traceProbes: Int?
  /// Of estimated log-densities.
  var estimateNoise = EstimateNoise()

  public init(dimensions: Int) {
    rows = RowScores()
    pit = PITHistogram(dimensions: dimensions)
  }

  /// Adds the scores of further rows.
  public mutating func append(_ other: UncertaintyScores) {
    rows.append(other.rows)
    pit.add(other.pit)
    likelihood = likelihood ?? other.likelihood
    meanDraws = meanDraws ?? other.meanDraws
    traceProbes = traceProbes ?? other.traceProbes
    estimateNoise.add(other.estimateNoise)
  }
}

/// Scores predicted distributions, of any head, against targets.
///
/// A batch of rows is scored by itself, so that batches can be scored on several threads and their
/// scores appended in order: only one number per row and metric is kept. `docs/uncertainty.md` has the
/// formulae.
public struct UncertaintyScorer: Sendable {
  public let settings: UncertaintySettings
  public let dimensions: Int
  private let gaussian: GaussianReference?
  private let logDeterminant: Double
  private let variogram: VariogramScore
  private let further: [DensityMetric]

  /// - Parameters:
  ///   - dimensions: D.
  ///   - gaussian: fitted to training targets of the same space and noise; nil leaves out what is
  ///     relative to it.
  ///   - logDeterminant: log |det| of the targets' transform, added to every log-density.
  ///   - further: scores that are not the package's.
  public init(
    dimensions: Int, settings: UncertaintySettings = .init(), gaussian: GaussianReference? = nil,
    logDeterminant: Double = 0, further: [DensityMetric] = []
  ) {
    require(settings.samples >= 2, "UncertaintyScorer: \(settings.samples) samples")
    require(
      gaussian.map { $0.density.covariance.shape[0] == dimensions } ?? true,
      "UncertaintyScorer: a Gaussian of \(gaussian?.density.covariance.shape ?? []) for "
        + "\(dimensions) dimensions")
    self.settings = settings
    self.dimensions = dimensions
    self.gaussian = gaussian
    self.logDeterminant = logDeterminant
    self.further = further
    variogram = VariogramScore(
      dimensions: dimensions, projections: settings.projections, order: settings.variogramOrder,
      seed: settings.seed)
  }

  /// Scores a prediction.
  ///
  /// Memory for M · N · D floats is taken while it lasts.
  ///
  /// - Parameters:
  ///   - targets: [N, D].
  ///   - images: per row, the number of its image.
  ///   - truth: the distributions that the targets were drawn from, where they are known.
  ///   - random: of the draws; another for each batch.
  /// - Throws: ``EvaluationError/notFinite(_:)`` where draws, mean or likelihood are not finite;
  ///   `LinearAlgebraError` where targets are not.
  public func score(
    _ prediction: some ConditionalDensity, targets: Tensor, images: [Int],
    truth: CompletionDensity? = nil, using random: RandomSource
  ) throws -> UncertaintyScores {
    let n = targets.shape[0]
    require(
      targets.shape == [n, dimensions] && images.count == n,
      "UncertaintyScorer: targets \(targets.shape) with \(images.count) images, for \(dimensions) "
        + "dimensions")
    require(
      truth.map { $0.rows.count == n } ?? true,
      "UncertaintyScorer: the truth of \(truth?.rows.count ?? 0) rows for \(n) targets")
    var scores = UncertaintyScores(dimensions: dimensions)
    scores.rows = RowScores(images: images)
    if n == 0 { return scores }
    let targets = targets.detached()
    var draws = random.split("samples")
    let samples = prediction.sample(settings.samples, using: &draws).detached()
    guard samples.isFinite else { throw EvaluationError.notFinite("the head's draws") }
    try scoreDraws(&scores, samples.cast(to: .float32), targets, truth, random)
    scores.meanDraws = prediction.meanDraws
    try scoreMean(&scores.rows, prediction, targets, random)
    try scoreGaussian(&scores.rows, targets)
    try scoreLikelihood(&scores, prediction, samples, targets, random)
    for metric in further {
      scores.rows.set(
        UncertaintyMetric(rawValue: metric.metric.key),
        try metric.values(prediction, targets, samples, random.split("further")))
    }
    if let truth, truth.noise > 0 {
      let values = truth.logDensity(of: targets).doubles().map { -$0 - logDeterminant }
      scores.rows.set(.trueNLL, values)
      scores.rows.setDifference(.nllMinusTrue, .nll, .trueNLL)
    }
    return scores
  }

  // MARK: Parts

  /// Everything that draws and targets tell.
  private func scoreDraws(
    _ scores: inout UncertaintyScores, _ samples: Tensor, _ targets: Tensor,
    _ truth: CompletionDensity?, _ random: RandomSource
  ) throws {
    let (m, n, d) = (settings.samples, targets.shape[0], dimensions)
    let y = targets.cast(to: .float32)
    let projectedDraws = variogram.project(samples.reshaped([m * n, d]))
    let projectedTargets = variogram.project(y)
    var trueRandom = random.split("true draws")
    let trueSamples = truth?.sample(m, using: &trueRandom)
    var columns = ColumnBuilder(rows: n)
    let row = SampleRow(count: m, dimensions: d)
    var variogram = variogram
    var jitter = random.split("pit")
    var (less, equal) = ([Float](repeating: 0, count: d), [Float](repeating: 0, count: d))
    samples.withFloats { samples in
      y.withFloats { y in
        projectedDraws.withFloats { v in
          projectedTargets.withFloats { vy in
            let k = settings.projections
            for index in 0..<n {
              let target = y + index * d
              row.load(samples: samples + index * d, stride: n * d, target: target)
              columns.add(index, distances: row.meanDistances())
              columns.add(index, row.coordinateScores(less: &less, equal: &equal))
              columns[.variogramScore][index] = variogram.score(
                draws: v + index * k, stride: n * k, count: m, target: vy + index * k)
              let pit = (0..<d).map { coordinate in
                (Double(less[coordinate]) + jitter.uniform() * Double(equal[coordinate] + 1))
                  / Double(m + 1)
              }
              scores.pit.add(pit)
              columns.add(index, pit: pit)
              guard let truth, let trueSamples else { continue }
              let rule = settings.modes
              let known = truth.rows[index]
              func modes(_ samples: UnsafePointer<Float>) -> ModeScores {
                ModeScores(
                  samples: samples + index * d, stride: n * d, count: m, truth: known,
                  noise: truth.noise, rule: rule)
              }
              columns.add(index, modes(samples), of: known)
              trueSamples.withFloats {
                row.load(samples: $0 + index * d, stride: n * d, target: target)
                columns.add(index, true: modes($0))
              }
              columns.add(index, trueDistances: row.meanDistances())
            }
          }
        }
      }
    }
    for (metric, values) in columns.columns { scores.rows.set(metric, values) }
    scores.rows.setDifference(.energyScoreMinusTrue, .energyScore, .trueEnergyScore)
  }

  private func scoreMean(
    _ rows: inout RowScores, _ prediction: some ConditionalDensity, _ targets: Tensor,
    _ random: RandomSource
  ) throws {
    var draws = random.split("mean")
    let mean = prediction.mean(using: &draws).detached().cast(to: .float64)
    guard mean.isFinite else { throw EvaluationError.notFinite("the head's means") }
    rows.set(.squaredError, (mean - targets.cast(to: .float64)).square().mean(axis: 1).doubles())
  }

  private func scoreGaussian(_ rows: inout RowScores, _ targets: Tensor) throws {
    guard let gaussian else { return }
    rows.set(.gaussianNLL, try gaussian.nll(of: targets).map { $0 - logDeterminant })
    rows.set(.gaussianCRPS, gaussian.crps(of: targets))
    rows.set(.gaussianEnergyScore, gaussian.energyScore(of: targets))
  }

  /// log p of the targets and of some draws.
  private func scoreLikelihood(
    _ scores: inout UncertaintyScores, _ prediction: some ConditionalDensity, _ samples: Tensor,
    _ targets: Tensor, _ random: RandomSource
  ) throws {
    var source = random.split("estimates")
    guard let found = prediction.likelihood(of: targets, using: &source) else { return }
    scores.likelihood = found.kind
    scores.traceProbes = found.traceProbes
    let isExact = found.kind == .exact
    let count =
      isExact ? settings.densitySamples ?? settings.samples : settings.estimatedDensitySamples
    func finite(_ likelihood: Likelihood?) throws -> [Double] {
      let values = likelihood?.logDensity.doubles() ?? []
      guard values.allSatisfy(\.isFinite) else {
        throw EvaluationError.notFinite("the head's log-densities")
      }
      return values
    }
    let nll: UncertaintyMetric = isExact ? .nll : .estimatedNLL
    let log = try finite(found)
    if found.traceProbes != nil {
      var second = random.split("second estimates")
      let again = prediction.likelihood(of: targets, using: &second)
      scores.estimateNoise.add(log, again?.logDensity.doubles() ?? [])
    }
    scores.rows.set(nll, log.map { -$0 - logDeterminant })
    scores.rows.setDifference(
      isExact ? .nllMinusGaussian : .estimatedNLLMinusGaussian, nll, .gaussianNLL)
    let drawn = try (0..<min(count, settings.samples)).map { index in
      let y = samples.slice(axis: 0, index..<index + 1).reshaped(targets.shape)
      return try finite(prediction.likelihood(of: y, using: &source))
    }
    setRegions(
      &scores.rows, log, drawn,
      isExact ? UncertaintyMetric.hdrCoverages : UncertaintyMetric.estimatedHDRCoverages,
      isExact ? .entropy : .estimatedEntropy, random.split("hdr"))
  }

  /// The smallest region of probability `level` holds y if no more than that share of the draws is more
  /// probable than y. The rank is randomised as the PIT is, so that coverage is exact at any number of
  /// draws.
  private func setRegions(
    _ rows: inout RowScores, _ log: [Double], _ drawn: [[Double]],
    _ coverages: [UncertaintyMetric], _ entropy: UncertaintyMetric, _ random: RandomSource
  ) {
    guard !drawn.isEmpty else { return }
    var random = random
    let ranks = log.indices.map { row -> Double in
      let above = drawn.count { $0[row] > log[row] }
      let equal = drawn.count { $0[row] == log[row] }
      return (Double(above) + random.uniform() * Double(equal + 1)) / Double(drawn.count + 1)
    }
    for (metric, level) in zip(coverages, UncertaintyMetric.levels) {
      rows.set(metric, ranks.map { $0 <= level ? 1 : 0 })
    }
    rows.set(
      entropy,
      log.indices.map { row in
        -drawn.reduce(0) { $0 + $1[row] } / Double(drawn.count) - logDeterminant
      })
  }
}

extension RowScores {
  /// Sets a column to the difference of two others; does nothing where one is missing.
  fileprivate mutating func setDifference(
    _ metric: UncertaintyMetric, _ left: UncertaintyMetric, _ right: UncertaintyMetric
  ) {
    guard let a = columns[left], let b = columns[right] else { return }
    set(metric, zip(a, b).map { $0 - $1 })
  }
}

extension Tensor {
  /// The elements of a float32 tensor that is not empty.
  fileprivate func withFloats<R>(_ body: (UnsafePointer<Float>) throws -> R) rethrows -> R {
    require(dtype == .float32 && count > 0, "withFloats: \(dtype.rawValue) \(shape)")
    return try withUnsafeBytes { bytes in
      guard let base = bytes.bindMemory(to: Float.self).baseAddress else {
        requirementFailed("withFloats: no elements")
      }
      return try body(base)
    }
  }
}
