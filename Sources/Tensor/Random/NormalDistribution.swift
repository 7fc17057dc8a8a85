import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
  /// P(X ≤ x).
  public static func cdf(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  /// The x with P(X ≤ x) = `probability`: Acklam's rational approximation, then one step of
  /// Halley's method, which brings the relative error to about 1e-15.
  public static func quantile(_ probability: Double) -> Double {
    if probability <= 0 { return -.infinity }
    if probability >= 1 { return .infinity }
    let x = initialQuantile(probability)
    let error = cdf(x) - probability
    let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    return x - step / (1 + x * step / 2)
  }

  // Acklam's coefficients: numerator and denominator in the centre, then in the tails.
  private static let centreNumerator = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
    1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00,
  ]
  private static let centreDenominator = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
    6.680131188771972e+01, -1.328068155288572e+01, 1,
  ]
  private static let tailNumerator = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
    -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00,
  ]
  private static let tailDenominator = [
    7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1,
  ]

  private static func initialQuantile(_ p: Double) -> Double {
    func horner(_ coefficients: [Double], _ x: Double) -> Double {
      coefficients.reduce(0) { $0 * x + $1 }
    }
    if p < 0.02425 {
      let q = (-2 * log(p)).squareRoot()
      return horner(tailNumerator, q) / horner(tailDenominator, q)
    }
    if p > 1 - 0.02425 { return -initialQuantile(1 - p) }
    let q = p - 0.5
    let r = q * q
    return q * horner(centreNumerator, r) / horner(centreDenominator, r)
  }
}
