import JEPATensor

/// A learned linear map W = L U between couplings (Kingma & Dhariwal 2018, equation 10): L lower
/// triangular with ones on its diagonal, U upper triangular with a positive one. The fixed permutation
/// of that equation is in the choice of the coordinates that couplings transform.
public struct TriangularMixing: Module {
  /// [D, D]: L below the diagonal, U above it, log of U's diagonal on it. Zeros at first, which is the
  /// identity. Kept in float32 in mixed precision.
  public var factors: Tensor

  init(dimensions: Int, dtype: DType) {
    factors = .zeros([dimensions, dimensions], dtype: dtype)
  }

  private var dimensions: Int { factors.shape[0] }

  /// log of U's diagonal, [D]; its sum is log |det W|.
  var logDiagonal: Tensor {
    (factors * .identity(dimensions, dtype: factors.dtype)).sum(axis: 1)
  }

  private var lower: Tensor {
    let below = Tensor.lowerTriangle(dimensions, dimensions, diagonal: -1, dtype: factors.dtype)
    return factors * below + .identity(dimensions, dtype: factors.dtype)
  }

  private var upper: Tensor {
    let upTo = Tensor.lowerTriangle(dimensions, dimensions, dtype: factors.dtype)
    let diagonal =
      Tensor.identity(dimensions, dtype: factors.dtype) * logDiagonal.exp().expanded(axis: 1)
    return factors * (1 - upTo) + diagonal
  }

  /// W, [D, D].
  var matrix: Tensor { matmul(lower, upper) }

  /// W⁻¹ in float64, [D, D], by two triangular solves; NaN where the parameters are not finite.
  var inverse: Tensor {
    let copy = Self(factors: factors.detached().cast(to: .float64))
    let identity = Tensor.identity(dimensions, dtype: .float64)
    let result = try? LinearAlgebra.triangularSolve(
      copy.upper, LinearAlgebra.triangularSolve(copy.lower, identity), isUpper: true)
    return result ?? .full([dimensions, dimensions], .nan, dtype: .float64)
  }

  private init(factors: Tensor) { self.factors = factors }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("factors", &factors)
  }
}
