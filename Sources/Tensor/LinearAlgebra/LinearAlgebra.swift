import CLAPACKE

/// Decompositions of and equations with matrices, by LAPACK.
///
/// Every function takes any element type, computes in float64 and returns float64, outside any
/// gradient's graph. Matrices are tensors of rank 2. A matrix that LAPACK has no answer for is a thrown
/// ``LinearAlgebraError``; a wrong shape is a programmer's error.
///
/// LAPACK stores by columns and tensors by rows, so it sees a tensor transposed. Where that serves, a
/// call asks about the transpose and names the answers accordingly; elsewhere LAPACKE makes a copy.
public enum LinearAlgebra {
  /// A = U diag(values) Vᵀ with k = min(m, n) columns of U and rows of Vᵀ.
  public struct SingularValueDecomposition: Sendable {
    /// [m, k], columns orthonormal.
    public let u: Tensor
    /// k values, falling, none negative.
    public let values: [Double]
    /// [k, n], rows orthonormal.
    public let vTransposed: Tensor
  }

  /// A = V diag(values) Vᵀ.
  public struct SymmetricEigendecomposition: Sendable {
    /// n values, rising.
    public let values: [Double]
    /// [n, n]; column i belongs to value i, columns orthonormal.
    public let vectors: Tensor
  }

  /// The singular values of `a` [m, n], falling.
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or does not converge.
  public static func singularValues(_ a: Tensor) throws -> [Double] {
    try decompose(a, vectors: false).values
  }

  /// The thin singular value decomposition of `a` [m, n].
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or does not converge.
  public static func svd(_ a: Tensor) throws -> SingularValueDecomposition {
    let (u, values, vTransposed) = try decompose(a, vectors: true)
    let k = values.count
    return SingularValueDecomposition(
      u: Tensor(u, shape: [a.shape[0], k]), values: values,
      vTransposed: Tensor(vTransposed, shape: [k, a.shape[1]]))
  }

  private static func decompose(
    _ a: Tensor, vectors: Bool
  ) throws -> (u: [Double], values: [Double], vTransposed: [Double]) {
    var matrix = try values(of: a, "svd")
    let (m, n) = (a.shape[0], a.shape[1])
    let k = min(m, n)
    if k == 0 { return ([], [], []) }
    var values = [Double](repeating: 0, count: k)
    var u = [Double](repeating: 0, count: vectors ? m * k : 1)
    var vTransposed = [Double](repeating: 0, count: vectors ? k * n : 1)
    let job = CChar(bitPattern: UInt8(ascii: vectors ? "S" : "N"))
    let uColumns = int(vectors ? k : 1)
    // LAPACK is fastest on tall matrices. Of Aᵀ = V diag(values) Uᵀ the left vectors by columns are
    // Vᵀ by rows, so a wide A needs no transposing.
    func solve(iterating: Bool) -> Int32 {
      var rest = [Double](repeating: 0, count: k)
      switch (m > n, iterating) {
      case (true, false):
        return LAPACKE_dgesdd(
          LAPACK_ROW_MAJOR, job, int(m), int(n), &matrix, int(n), &values, &u, uColumns,
          &vTransposed, int(n))
      case (true, true):
        return LAPACKE_dgesvd(
          LAPACK_ROW_MAJOR, job, job, int(m), int(n), &matrix, int(n), &values, &u, uColumns,
          &vTransposed, int(n), &rest)
      case (false, false):
        return LAPACKE_dgesdd(
          LAPACK_COL_MAJOR, job, int(n), int(m), &matrix, int(n), &values, &vTransposed, int(n),
          &u, uColumns)
      case (false, true):
        return LAPACKE_dgesvd(
          LAPACK_COL_MAJOR, job, job, int(n), int(m), &matrix, int(n), &values, &vTransposed,
          int(n), &u, uColumns, &rest)
      }
    }
    var info = solve(iterating: false)
    if info > 0 {
      // The slower iteration converges where divide and conquer, rarely, does not.
      matrix = a.doubles()
      info = solve(iterating: true)
    }
    if info != 0 { throw LinearAlgebraError.notConverged(operation: "svd", shape: a.shape) }
    return (u, values, vTransposed)
  }

  /// The eigenvalues of the symmetric matrix `a` [n, n], rising. Only the lower triangle is read.
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or does not converge.
  public static func symmetricEigenvalues(_ a: Tensor) throws -> [Double] {
    try eigen(a, vectors: false).values
  }

  /// The eigenvalues and eigenvectors of the symmetric matrix `a` [n, n]. Only the lower triangle is
  /// read.
  /// - Throws: ``LinearAlgebraError`` for a matrix that is not finite or does not converge.
  public static func symmetricEigen(_ a: Tensor) throws -> SymmetricEigendecomposition {
    let (values, rows) = try eigen(a, vectors: true)
    return SymmetricEigendecomposition(
      values: values, vectors: Tensor(rows, shape: a.shape).transposed())
  }

  private static func eigen(
    _ a: Tensor, vectors: Bool
  ) throws -> (values: [Double], rows: [Double]) {
    var matrix = try values(of: a, "symmetricEigenvalues", square: true)
    let n = a.shape[0]
    if n == 0 { return ([], []) }
    var values = [Double](repeating: 0, count: n)
    let info = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: vectors ? "V" : "N")), upper, int(n),
      &matrix, int(n), &values)
    if info != 0 {
      throw LinearAlgebraError.notConverged(operation: "symmetricEigenvalues", shape: a.shape)
    }
    return (values, matrix)
  }

  /// The elements of a matrix, after checks that every function shares.
  static func values(
    of a: Tensor, _ operation: String, square: Bool = false
  ) throws -> [Double] {
    require(a.rank == 2, "\(operation): shape \(a.shape) is not a matrix's")
    require(
      !square || a.shape[0] == a.shape[1], "\(operation): matrix \(a.shape) is not square")
    require(
      !a.needsGradient, "\(operation): no gradient passes through; detach the matrix \(a.shape)")
    require(
      a.shape.allSatisfy { $0 <= Int(Int32.max) }, "\(operation): matrix \(a.shape) is too large")
    _ = MatrixProduct.blasIsSingleThreaded
    let values = a.doubles()
    if !values.allSatisfy(\.isFinite) {
      throw LinearAlgebraError.notFinite(operation: operation, shape: a.shape)
    }
    return values
  }

  static func int(_ value: Int) -> Int32 { Int32(value) }
  /// A lower triangle by rows is an upper one by columns.
  static var upper: CChar { CChar(bitPattern: UInt8(ascii: "U")) }
}
