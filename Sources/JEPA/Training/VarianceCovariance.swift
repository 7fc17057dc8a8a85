import JEPADistributed
import JEPATensor
import JEPAViT

/// A guard against collapse: the variance and covariance terms of VICReg (Bardes, Ponce & LeCun 2022),
/// which C-JEPA (Mo & Tong 2024) adds to I-JEPA, on the context encoder's tokens.
///
/// With x̃ a token less the mean of the batch's tokens at its position, and S the covariance of x̃ over all
/// tokens of the batch (Σ x̃ x̃ᵀ divided by the number of tokens less the number of positions among them), the
/// terms are
///
///     variance   = 1/D · Σᵢ max(0, 1 − √(Sᵢᵢ + ε))
///     covariance = 1/D · Σᵢ≠ⱼ Sᵢⱼ²
///
/// Without the subtraction of each position's mean, positions alone could supply the variance, and the features
/// would tell nothing of the image.
public struct VarianceCovariance: BatchObjective, Equatable {
  public var varianceWeight: Double
  public var covarianceWeight: Double
  public var epsilon = 1e-4

  /// Where the tokens of a part of the batch lie.
  public struct Positions: Sendable {
    /// Per token, its patch.
    public var patches: [Int32]
    /// Patches of an image.
    public var patchCount: Int

    public init(patches: [Int32], patchCount: Int) {
      self.patches = patches
      self.patchCount = patchCount
    }
  }

  public init(varianceWeight: Double, covarianceWeight: Double) {
    self.varianceWeight = varianceWeight
    self.covarianceWeight = covarianceWeight
  }

  /// Whether there is anything to compute.
  public var isActive: Bool { varianceWeight != 0 || covarianceWeight != 0 }

  /// First the sums of tokens at each position and their numbers, then Σ x̃ x̃ᵀ.
  public var rounds: Int { 2 }

  public func terms(
    round: Int, rows: Tensor, part: Positions, sums: [[Tensor]]
  ) -> [Tensor] {
    if round == 0 {
      var counts = [Double](repeating: 0, count: part.patchCount)
      for patch in part.patches { counts[Int(patch)] += 1 }
      return [
        rows.scatterAddedRows(part.patches, count: part.patchCount),
        Tensor(counts, shape: [part.patchCount, 1], dtype: rows.dtype),
      ]
    }
    let (totals, counts) = (sums[0][0], sums[0][1])
    // The gradient through a mean is zero, since what is left of a position's tokens sums to zero.
    let means = totals.detached() / counts.clamped(1, .infinity)
    let centered = rows - means.gatherRows(part.patches)
    return [matmul(centered, centered, transposeA: true)]
  }

  public func value(of sums: [[Tensor]]) -> Tensor {
    let counts = sums[0][1].doubles()
    let freedom = counts.reduce(0, +) - Double(counts.count { $0 > 0 })
    let covariance = sums[1][0] / max(1, freedom)
    let width = covariance.shape[0]
    let identity = Tensor.identity(width, dtype: covariance.dtype)
    let variances = (covariance * identity).sum(axis: 1)
    let shortfall = (1 - (variances + epsilon).squareRoot()).relu().mean()
    let others = (covariance - covariance * identity).square().sum() / Double(width)
    return varianceWeight * shortfall + covarianceWeight * others
  }

  /// The weighted sum of the terms, rank 0, for tokens that are all here.
  ///
  /// - Parameters:
  ///   - tokens: [T, D].
  ///   - patches: per token, its patch.
  ///   - patchCount: patches of an image.
  public func callAsFunction(_ tokens: Tensor, patches: [Int32], patchCount: Int) -> Tensor {
    self(tokens, part: Positions(patches: patches, patchCount: patchCount))
  }
}
