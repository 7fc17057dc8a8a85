import Foundation
import JEPATensor

/// A linear map that makes rows' covariance the identity, from running moments.
///
/// W = Λ^−½ Qᵀ for the covariance Q Λ Qᵀ + σₙ² I, whose eigenvalues count as no less than a floor (of
/// the largest). As the target encoder moves on, so do the moments: each batch that is observed moves
/// them by `1 − momentum`.
public struct Whitening: Module {
  /// Smallest eigenvalue, as a part of the largest.
  public var eigenvalueFloor: Double
  /// How much of the moments a batch leaves standing.
  public var momentum = 0.9
  /// Running mean, [1, D].
  private var mean: Tensor
  /// Running covariance, without noise, [D, D].
  private var covariance: Tensor
  /// W, [D, D].
  private var matrix: Tensor
  /// [2]: log |det W|, and 1 once a batch has been observed.
  private var state: Tensor

  /// The identity, until something is observed.
  public init(dimensions: Int, eigenvalueFloor: Double = 1e-3) {
    self.eigenvalueFloor = eigenvalueFloor
    mean = .zeros([1, dimensions], dtype: .float64)
    covariance = .identity(dimensions, dtype: .float64)
    matrix = .identity(dimensions, dtype: .float64)
    state = .zeros([2], dtype: .float64)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.frozen("mean", &mean)
    visitor.frozen("covariance", &covariance)
    visitor.frozen("matrix", &matrix)
    visitor.frozen("state", &state)
  }

  /// log |det W|.
  public var logDeterminant: Double { state.doubles()[0] }
  /// Whether the moments are those of data.
  public var hasObserved: Bool { state.doubles()[1] > 0 }

  /// y = W (w − m): [N, D] → [N, D].
  public func whitened(_ rows: Tensor) -> Tensor {
    matmul(rows - mean.cast(to: rows.dtype), matrix.cast(to: rows.dtype), transposeB: true)
  }

  /// The rows that `whitened` maps to these: W⁻¹ y + m.
  public func coloured(_ rows: Tensor) -> Tensor {
    // W = Λ^−½ Qᵀ, so that W⁻¹ = Q Λ^½ = Wᵀ Λ: the squared norm of W's row i is 1 / λᵢ.
    let scales = matrix.square().sum(axis: 1, keepingDimensions: true).reciprocal()
    let inverse = (matrix * scales).cast(to: rows.dtype)  // rows of (W⁻¹)ᵀ
    return matmul(rows, inverse) + mean.cast(to: rows.dtype)
  }

  /// Moves the moments towards those of `rows` and renews W.
  ///
  /// - Parameters:
  ///   - rows: [N, D], without noise.
  ///   - noise: the deviation of what will be added to them.
  public mutating func observe(_ rows: Tensor, noise: Double) throws {
    let (count, width) = (rows.shape[0], rows.shape[1])
    guard count > 1, width > 0 else { return }
    let exact = rows.detached().cast(to: .float64)
    let batchMean = exact.mean(axis: 0, keepingDimensions: true)
    let centred = exact - batchMean
    let batch = matmul(centred, centred, transposeA: true) / Double(count - 1)
    let keep = hasObserved ? momentum : 0
    mean = mean * keep + batchMean * (1 - keep)
    covariance = covariance * keep + batch * (1 - keep)
    let eigen = try LinearAlgebra.symmetricEigen(
      covariance + Tensor.identity(width, dtype: .float64) * (noise * noise))
    let values = eigen.values
    let floor = max((values.max() ?? 1) * eigenvalueFloor, .leastNormalMagnitude)
    let kept = values.map { max($0, floor) }
    let scales = Tensor(kept.map { 1 / $0.squareRoot() }, shape: [width, 1])
    matrix = eigen.vectors.transposed() * scales
    state = Tensor([-0.5 * kept.reduce(0) { $0 + log($1) }, 1], shape: [2])
  }
}
