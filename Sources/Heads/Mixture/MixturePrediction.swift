import Foundation
import JEPADensity
import JEPATensor

/// A Gaussian mixture per row: one over the whole vector (logits [N, K]) or one per coordinate (logits
/// [N, K, D]).
public struct MixturePrediction: ExactDensity, ModalDensity, ComponentDensity {
  /// As a network gave them, in its type: [N, K] or [N, K, D]; [N, K, D]; [N, K, D]; [N, K, r, D].
  let logits, rawMeans, rawLogScales: Tensor
  let rawFactors: Tensor?
  let minimumScale, entropyWeight: Double

  /// - Parameters:
  ///   - logits: weights before softmax, [N, K] for a mixture per vector, [N, K, D] for one per
  ///     coordinate.
  ///   - means, logScales: [N, K, D].
  ///   - factors: U, one factor per line: [N, K, r, D]; only with logits [N, K].
  ///   - minimumScale: added to exp(`logScales`); 0 for no floor.
  ///   - entropyWeight: see ``MixtureOptions/entropyWeight``.
  public init(
    logits: Tensor, means: Tensor, logScales: Tensor, factors: Tensor? = nil,
    minimumScale: Double = 0, entropyWeight: Double = 0
  ) {
    require(
      means.rank == 3 && logScales.shape == means.shape
        && (logits.shape == means.shape || logits.shape == Array(means.shape.prefix(2))),
      "MixturePrediction: logits \(logits.shape), means \(means.shape), "
        + "log-scales \(logScales.shape)")
    require(
      factors == nil || logits.rank == 2,
      "MixturePrediction: factors \(factors?.shape ?? []) with logits \(logits.shape)")
    require(minimumScale >= 0, "MixturePrediction: minimumScale is \(minimumScale)")
    self.logits = logits
    rawMeans = means
    rawLogScales = logScales
    rawFactors = factors
    self.minimumScale = minimumScale
    self.entropyWeight = entropyWeight
  }

  /// One mixture per vector or one per coordinate.
  public var kind: MixtureOptions.Kind { logits.rank == 2 ? .vector : .coordinate }
  /// The type of densities, samples and means: float32, or float64 for a float64 head.
  public var dtype: DType { rawMeans.dtype.accumulation }
  var rows: Int { rawMeans.shape[0] }
  var components: Int { rawMeans.shape[1] }
  var dimensions: Int { rawMeans.shape[2] }

  /// log π: [N, K], or [N, K, D].
  public var logWeights: Tensor {
    let logits = logits.cast(to: dtype)
    if kind == .vector { return logits.logSoftmax() }
    return logits.transposed().logSoftmax().transposed()
  }

  /// π: [N, K], or [N, K, D].
  public var weights: Tensor { logWeights.exp() }

  /// μ: [N, K, D].
  public var means: Tensor { rawMeans.cast(to: dtype) }

  /// σ above its floor, without the factors: [N, K, D].
  public var scales: Tensor { rawLogScales.cast(to: dtype).exp() + minimumScale }

  /// U, one factor per line: [N, K, r, D]; nil for diagonal covariances.
  public var factors: Tensor? { rawFactors?.cast(to: dtype) }

  /// log Σₖ πₖ N(y; μₖ, Σₖ) per row, in nats: [N]. For a mixture per coordinate, the sum over the
  /// coordinates.
  public func logDensity(of y: Tensor) -> Tensor {
    let y = y.cast(to: dtype)
    guard kind == .vector else {
      let parameters = Tensor.stacked([logits, rawMeans, rawLogScales], axis: 1)  // [N, 3, K, D]
      return y.coordinateMixtureLogDensity(
        parameters: parameters, component: .gaussian, minimumScale: max(minimumScale, 1e-30)
      ).sum(axis: 1)
    }
    return .gaussianMixtureLogDensity(
      of: y, logWeights: logWeights, means: rawMeans, logScales: rawLogScales, factors: rawFactors,
      logScaleFloor: log(minimumScale))
  }

  /// −log p(y | c), plus the weighted entropy term where there is one: [N]. The term is the same for
  /// every row, so that it counts once in the mean.
  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let loss = -logDensity(of: y)
    return entropyWeight > 0 && rows > 0 ? loss + unusedEntropy * entropyWeight : loss
  }

  /// log K − H(mean over the rows of π), summed over the coordinates where each has its own: a tensor
  /// of rank 0.
  var unusedEntropy: Tensor {
    let share = weights.mean(axis: 0)  // [K] or [K, D]
    let negative = (share * (share + 1e-12).log()).sum()
    return negative + log(Double(components)) * Double(kind == .vector ? 1 : dimensions)
  }

  /// E[y | c] = Σₖ πₖ μₖ: [N, D]. Nothing is drawn.
  public func mean(using random: inout RandomSource) -> Tensor { mean }

  /// E[y | c] = Σₖ πₖ μₖ: [N, D].
  public var mean: Tensor { (spreadWeights * means).sum(axis: 1) }

  /// The diagonal of the covariance, Σₖ πₖ (diag Σₖ + (μₖ − E[y | c])²): [N, D].
  public var variance: Tensor {
    var within = scales.square()
    if let factors { within = within + factors.square().sum(axis: 2) }
    let between = (means - mean.expanded(axis: 1)).square()
    return (spreadWeights * (within + between)).sum(axis: 1)
  }

  /// π as it multiplies [N, K, D].
  private var spreadWeights: Tensor { kind == .vector ? weights.expanded(axis: 2) : weights }

  /// The perplexity exp H of the mean of π over the rows, from 1 to K; for a mixture per coordinate,
  /// the mean of the coordinates' perplexities. 0 where there are no rows.
  public var usedComponents: Double {
    if rows == 0 { return 0 }
    let groups = kind == .vector ? 1 : dimensions
    let share = weights.detached().mean(axis: 0).doubles()
    let perplexities = (0..<groups).map { group in
      exp(
        -(0..<components).reduce(0.0) {
          let p = share[$1 * groups + group]
          return p > 0 ? $0 + p * log(p) : $0
        })
    }
    return perplexities.reduce(0, +) / Double(groups)
  }
}
