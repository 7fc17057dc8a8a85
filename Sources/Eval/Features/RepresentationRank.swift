import Foundation
import JEPATensor

/// How many directions features use: falls when a representation collapses.
public struct RepresentationRank: Sendable, Codable, Equatable {
  /// N rows and D dimensions measured.
  public let count: Int
  public let dimensions: Int

  /// RankMe (Garrido et al. 2023, equation 1): exp(−Σ pₖ log pₖ), pₖ = σₖ / ‖σ‖₁ + ε, with ε = 10⁻⁷ and
  /// σ the singular values of the features as they are, not centred. Between 1 and min(N, D).
  public let rankMe: Double

  /// Effective rank (Roy & Vetterli 2007, equations 1 to 3): exp(−Σ pₖ log pₖ), pₖ = σₖ / ‖σ‖₁, where
  /// 0 log 0 = 0; here σ are the singular values of the *centred* features, so that an offset common
  /// to all images is no direction. 0 where all features are equal.
  public let effectiveRank: Double

  /// The mean over dimensions of each one's standard deviation over the rows (divided by N).
  public let meanStandardDeviation: Double

  /// Measures `features` [N, D].
  ///
  /// - Throws: ``EvaluationError`` if there are no rows, or numbers that are not finite;
  ///   `LinearAlgebraError` if the singular values do not converge.
  public init(of features: Tensor) throws {
    require(
      features.rank == 2 && features.shape[1] > 0, "RepresentationRank: features \(features.shape)")
    let (n, width) = (features.shape[0], features.shape[1])
    if n == 0 { throw EvaluationError.empty("features") }
    if !features.isFinite { throw EvaluationError.notFinite("features") }
    let values = features.detached().cast(to: .float64)
    let (mean, deviation) = columnStatistics(values)
    let centredValues = values - Tensor(mean, shape: [width], dtype: .float64)
    let spectra = try parallelMap(2) { index throws(any Error) in
      try LinearAlgebra.singularValues(index == 0 ? values : centredValues)
    }
    let (singular, centred) = (spectra[0], spectra[1])
    // Below this, singular values of the centred features are rounding errors.
    let noise = Double(max(n, width)) * 0x1p-52 * (singular.first ?? 0)
    count = n
    dimensions = width
    rankMe = Self.exponentialEntropy(singular, epsilon: 1e-7)
    effectiveRank = Self.exponentialEntropy(centred.map { $0 > noise ? $0 : 0 }, epsilon: 0)
    meanStandardDeviation = deviation.reduce(0, +) / Double(width)
  }

  /// exp(−Σ p log p) of p = σ / ‖σ‖₁ + ε; for ε = 0 and all σ = 0: 0.
  static func exponentialEntropy(_ singularValues: [Double], epsilon: Double) -> Double {
    let total = singularValues.reduce(0, +)
    if total == 0 && epsilon == 0 { return 0 }
    let entropy = singularValues.reduce(0.0) { sum, value in
      let p = (total > 0 ? value / total : 0) + epsilon
      return p > 0 ? sum - p * log(p) : sum
    }
    return exp(entropy)
  }
}
