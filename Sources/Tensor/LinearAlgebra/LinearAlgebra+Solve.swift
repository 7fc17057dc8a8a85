import CLAPACKE
import COpenBLAS
import Foundation

// Factors and equations. A right-hand side is [n] or [n, k]; the solution has the same rank.

extension LinearAlgebra {
  /// The minimiser of ‖A X − B‖, of all minimisers the shortest.
  public struct LeastSquaresSolution: Sendable {
    /// [n] or [n, k].
    public let solution: Tensor
    /// The number of singular values of A above the tolerance.
    public let rank: Int
    /// Those of A, falling.
    public let singularValues: [Double]
  }

  /// The lower triangular L with L Lᵀ = `a` [n, n], zeros above its diagonal. Only the lower triangle
  /// of `a` is read.
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or not positive definite.
  public static func cholesky(_ a: Tensor) throws -> Tensor {
    try cholesky(a, "cholesky")
  }

  private static func cholesky(_ a: Tensor, _ operation: String) throws -> Tensor {
    var matrix = try values(of: a, operation, square: true)
    let n = a.shape[0]
    if n > 0 {
      let info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, upper, int(n), &matrix, int(n))
      if info != 0 {
        throw LinearAlgebraError.notPositiveDefinite(
          operation: operation, shape: a.shape, order: Int(info))
      }
      for row in 0..<n {
        for column in row + 1..<max(n, row + 1) { matrix[row * n + column] = 0 }
      }
    }
    return Tensor(matrix, shape: a.shape)
  }

  /// X with T X = `b`, or Tᵀ X = `b`.
  ///
  /// - Parameters:
  ///   - triangle: T [n, n]; the other triangle is not read.
  ///   - b: [n] or [n, k].
  ///   - isUpper: whether T is upper triangular; lower unless said.
  ///   - transposed: whether to solve with Tᵀ.
  /// - Throws: ``LinearAlgebraError`` for numbers that are not finite or a 0 on the diagonal.
  public static func triangularSolve(
    _ triangle: Tensor, _ b: Tensor, isUpper: Bool = false, transposed: Bool = false
  ) throws -> Tensor {
    let operation = "triangularSolve"
    let t = try values(of: triangle, operation, square: true)
    var x = try rightHandSide(b, for: triangle, operation)
    let n = triangle.shape[0]
    if let row = (0..<n).first(where: { t[$0 * n + $0] == 0 }) {
      throw LinearAlgebraError.singular(operation: operation, shape: triangle.shape, row: row)
    }
    let k = n == 0 ? 0 : x.count / n
    if k > 0 {
      cblas_dtrsm(
        CblasRowMajor, CblasLeft, isUpper ? CblasUpper : CblasLower,
        transposed ? CblasTrans : CblasNoTrans, CblasNonUnit, int(n), int(k), 1, t, int(n), &x,
        int(k))
    }
    return Tensor(x, shape: b.shape)
  }

  /// X with A X = `b` for a symmetric positive definite `a` [n, n], by Cholesky. Only the lower
  /// triangle of `a` is read.
  ///
  /// - Parameter b: [n] or [n, k].
  /// - Throws: ``LinearAlgebraError`` for numbers that are not finite or a matrix that is not positive
  ///   definite.
  public static func solvePositiveDefinite(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let l = try cholesky(a, "solvePositiveDefinite")
    return try triangularSolve(l, triangularSolve(l, b), transposed: true)
  }

  /// log det A (nats) of a symmetric positive definite `a` [n, n]: 2 Σ log Lᵢᵢ. Only the lower
  /// triangle of `a` is read.
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or not positive definite.
  public static func logDeterminant(positiveDefinite a: Tensor) throws -> Double {
    let l = try cholesky(a, "logDeterminant").doubles()
    let n = a.shape[0]
    return (0..<n).reduce(0) { $0 + 2 * log(l[$1 * n + $1]) }
  }

  /// The shortest X of those that minimise ‖A X − `b`‖ column by column, by singular values.
  ///
  /// - Parameters:
  ///   - a: [m, n] of any rank.
  ///   - b: [m] or [m, k].
  ///   - tolerance: singular values at most this part of the largest count as 0; unless given, that
  ///     of NumPy's `lstsq`, max(m, n) times float64's 2⁻⁵².
  /// - Throws: ``LinearAlgebraError`` for numbers that are not finite or if there is no convergence.
  public static func leastSquares(
    _ a: Tensor, _ b: Tensor, tolerance: Double? = nil
  ) throws -> LeastSquaresSolution {
    let operation = "leastSquares"
    var matrix = try values(of: a, operation)
    let rhs = try rightHandSide(b, for: a, operation)
    let (m, n) = (a.shape[0], a.shape[1])
    let k = b.rank == 1 ? 1 : b.shape[1]
    let shape = b.rank == 1 ? [n] : [n, k]
    if m == 0 || n == 0 {
      return LeastSquaresSolution(
        solution: .zeros(shape, dtype: .float64), rank: 0, singularValues: [])
    }
    // LAPACK wants at least one right-hand side, and room for the longer of the two.
    let columns = max(k, 1)
    var x = rhs + [Double](repeating: 0, count: max(m, n) * columns - rhs.count)
    var singularValues = [Double](repeating: 0, count: min(m, n))
    var rank: Int32 = 0
    let info = LAPACKE_dgelsd(
      LAPACK_ROW_MAJOR, int(m), int(n), int(columns), &matrix, int(n), &x, int(columns),
      &singularValues, tolerance ?? Double(max(m, n)) * 0x1p-52, &rank)
    if info != 0 { throw LinearAlgebraError.notConverged(operation: operation, shape: a.shape) }
    return LeastSquaresSolution(
      solution: Tensor(Array(x[..<(n * k)]), shape: shape), rank: Int(rank),
      singularValues: singularValues)
  }

  private static func rightHandSide(
    _ b: Tensor, for a: Tensor, _ operation: String
  ) throws -> [Double] {
    require(
      (b.rank == 1 || b.rank == 2) && b.shape[0] == a.shape[0],
      "\(operation): right-hand side \(b.shape) for matrix \(a.shape)")
    return try values(of: b.reshaped([b.shape[0], b.rank == 1 ? 1 : b.shape[1]]), operation)
  }
}
