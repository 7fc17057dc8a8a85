import JEPATensor
import JEPAViT

/// A guard against collapse: the variance and covariance terms of VICReg (Bardes, Ponce & LeCun 2022),
/// which C-JEPA (Mo & Tong 2024) adds to I-JEPA, on the context encoder's tokens.
///
/// With x̃ a token less the mean of the tokens at its place, and S the covariance of x̃ over the tokens
/// (Σ x̃ x̃ᵀ divided by the number of tokens less the number of places among them), the terms are
///
///     variance   = 1/D · Σᵢ max(0, 1 − √(Sᵢᵢ + ε))
///     covariance = 1/D · Σᵢ≠ⱼ Sᵢⱼ²
///
/// Taking out the place's mean matters: otherwise positions alone could supply the variance, and the
/// features would tell nothing of the image.
public struct VarianceCovariance: Sendable, Equatable {
  public var varianceWeight: Double
  public var covarianceWeight: Double
  public var epsilon = 1e-4

  public init(varianceWeight: Double, covarianceWeight: Double) {
    self.varianceWeight = varianceWeight
    self.covarianceWeight = covarianceWeight
  }

  /// Whether there is anything to compute.
  public var isActive: Bool { varianceWeight != 0 || covarianceWeight != 0 }

  /// The weighted sum of the terms, rank 0.
  ///
  /// - Parameters:
  ///   - tokens: [T, D].
  ///   - places: per token, its patch.
  ///   - placeCount: patches of an image.
  public func callAsFunction(_ tokens: Tensor, places: [Int32], placeCount: Int) -> Tensor {
    let (count, width) = (tokens.shape[0], tokens.shape[1])
    var seen = [Double](repeating: 0, count: placeCount)
    for place in places { seen[Int(place)] += 1 }
    let shares = Tensor(
      seen.map { $0 > 0 ? 1 / $0 : 0 }, shape: [placeCount, 1], dtype: tokens.dtype)
    let means = tokens.scatterAddedRows(places, count: placeCount) * shares
    let centred = tokens - means.gatherRows(places)
    let freedom = count - seen.count { $0 > 0 }
    let covariance = matmul(centred, centred, transposeA: true) / Double(max(1, freedom))
    let identity = Tensor.identity(width, dtype: tokens.dtype)
    let variances = (covariance * identity).sum(axis: 1)
    let shortfall = (1 - (variances + epsilon).squareRoot()).relu().mean()
    let others = (covariance - covariance * identity).square().sum() / Double(width)
    return varianceWeight * shortfall + covarianceWeight * others
  }
}
