import Foundation
import JEPATensor

/// The scores of one full-covariance Gaussian fitted to training targets, without any context: what a
/// head has to beat, and what gives its scores a zero.
public struct GaussianReference: Sendable {
  public let density: GaussianDensity
  private let mean: [Double]
  private let deviation: [Double]
  private let distance: GaussianDistance
  /// ½ E‖X − X′‖.
  private let spread: Double

  /// - Parameter targets: training targets [N, D], with the noise that is used in evaluation.
  /// - Throws: ``GaussianDensityError`` where the targets have no density, `LinearAlgebraError` where
  ///   they are not finite.
  public init(targets: Tensor) throws {
    density = try GaussianDensity(targets: targets)
    let d = targets.shape[1]
    mean = density.coefficients.doubles()
    let covariance = density.covariance.doubles()
    deviation = (0..<d).map { covariance[$0 * d + $0].squareRoot() }
    let factor = try LinearAlgebra.cholesky(density.covariance)
    let diagonal = factor.doubles()
    for column in 0..<d {
      let left = diagonal[column * d + column]
      guard left * left > Self.leastVariance * covariance[column * d + column] else {
        throw GaussianDensityError.singular(column: column)
      }
    }
    distance = try GaussianDistance(covariance: density.covariance)
    // X − X′ has twice the covariance, and so √2 times the length.
    spread = distance.mean(from: .zeros([1, d], dtype: .float64))[0] * 0.5.squareRoot()
  }

  /// The part of a coordinate's variance below which what others leave of it may be the rounding of
  /// float32 encoders: of layer-normed rows, whose sum is 0, the last coordinate.
  private static let leastVariance = 1e-9

  /// −log N(y; μ, Σ) per row, in nats: [N].
  func nll(of targets: Tensor) throws -> [Double] {
    try density.logDensity(of: targets).doubles().map { -$0 }
  }

  /// The CRPS averaged over coordinates, per row: σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π), z = (y − μ) / σ
  /// (Gneiting et al. 2005, equation 5).
  func crps(of targets: Tensor) -> [Double] {
    let (values, d) = (targets.doubles(), mean.count)
    return (0..<targets.shape[0]).map { row in
      var total = 0.0
      for column in 0..<d {
        total += Self.crps(
          values[row * d + column], mean: mean[column], deviation: deviation[column])
      }
      return total / Double(d)
    }
  }

  /// The closed form for one coordinate.
  static func crps(_ y: Double, mean: Double, deviation: Double) -> Double {
    let z = (y - mean) / deviation
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    let centre = z * (2 * NormalDistribution.cdf(z) - 1)
    return deviation * (centre + 2 * density - 1 / Double.pi.squareRoot())
  }

  /// The energy score per row, E‖X − y‖ − ½ E‖X − X′‖, both by quadrature: no draws decide it.
  func energyScore(of targets: Tensor) -> [Double] {
    let location = density.coefficients.reshaped([1, mean.count])
    return distance.mean(from: targets.cast(to: .float64) - location).map { $0 - spread }
  }
}
