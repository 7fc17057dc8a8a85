import Foundation
import JEPATensor
import Testing

@Suite struct LinearAlgebraTests {
  static let shapes = [[1, 1], [1, 5], [5, 1], [3, 3], [7, 4], [4, 7], [65, 33], [200, 3]]

  /// The largest difference between the elements of two tensors.
  private func difference(_ a: Tensor, _ b: Tensor) -> Double {
    #expect(a.shape == b.shape)
    return zip(a.doubles(), b.doubles()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private func identity(_ n: Int) -> Tensor {
    Tensor(
      (0..<n * n).map { $0 / max(n, 1) == $0 % max(n, 1) ? 1 : 0 }, shape: [n, n], dtype: .float64)
  }

  private func random(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
    var source = RandomSource(seed: seed)
    return .normal(shape, dtype: .float64, using: &source)
  }

  private func positiveDefinite(_ n: Int) -> Tensor {
    let x = random([n, n + 3], seed: 9)
    return matmul(x, x, transposeB: true)
  }

  // MARK: Singular values

  @Test(arguments: shapes) func svdReconstructs(_ shape: [Int]) throws {
    let a = random(shape)
    let svd = try LinearAlgebra.svd(a)
    let k = min(shape[0], shape[1])
    #expect(svd.u.shape == [shape[0], k] && svd.vTransposed.shape == [k, shape[1]])
    let s = Tensor(svd.values, shape: [1, k])
    #expect(difference(matmul(svd.u * s, svd.vTransposed), a) < 1e-12)
    #expect(difference(matmul(svd.u, svd.u, transposeA: true), identity(k)) < 1e-12)
    #expect(
      difference(matmul(svd.vTransposed, svd.vTransposed, transposeB: true), identity(k)) < 1e-12)
    #expect(svd.values == svd.values.sorted(by: >) && svd.values.allSatisfy { $0 >= 0 })
    let values = try LinearAlgebra.singularValues(a)
    #expect(zip(values, svd.values).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func singularValuesByHand() throws {
    // AᵀA = [[25, 20], [20, 25]] has eigenvalues 45 and 5.
    let a = Tensor([3, 0, 4, 5], shape: [2, 2])
    let values = try LinearAlgebra.singularValues(a)
    #expect(abs(values[0] - 45.0.squareRoot()) < 1e-12)
    #expect(abs(values[1] - 5.0.squareRoot()) < 1e-12)
    // Rank 1: u vᵀ has the single singular value ‖u‖‖v‖.
    let outer = Tensor([1, 2, 2, 4, 8, 8] as [Float], shape: [2, 3])
    let one = try LinearAlgebra.singularValues(outer)
    #expect(abs(one[0] - 17.0.squareRoot() * 3) < 1e-12 && one[1] < 1e-12)
    #expect(try LinearAlgebra.singularValues(.zeros([4, 2])) == [0, 0])
  }

  @Test(arguments: [[0, 3], [3, 0], [0, 0]]) func svdOfNothing(_ shape: [Int]) throws {
    #expect(try LinearAlgebra.singularValues(.zeros(shape)).isEmpty)
    let svd = try LinearAlgebra.svd(.zeros(shape))
    #expect(svd.u.shape == [shape[0], 0] && svd.vTransposed.shape == [0, shape[1]])
  }

  // MARK: Eigenvalues

  @Test(arguments: [1, 2, 5, 33]) func eigenvectorsDiagonalise(_ n: Int) throws {
    let x = random([n, n])
    let a = x + x.transposed()
    let eigen = try LinearAlgebra.symmetricEigen(a)
    let v = eigen.vectors
    let scaled = v * Tensor(eigen.values, shape: [1, n])
    #expect(difference(matmul(a, v), scaled) < 1e-11)
    #expect(difference(matmul(v, v, transposeA: true), identity(n)) < 1e-12)
    #expect(eigen.values == eigen.values.sorted())
    let values = try LinearAlgebra.symmetricEigenvalues(a)
    #expect(zip(values, eigen.values).allSatisfy { abs($0 - $1) < 1e-11 })
  }

  @Test func eigenvaluesByHandReadTheLowerTriangleOnly() throws {
    let a = Tensor([2, .greatestFiniteMagnitude, 1, 2], shape: [2, 2])
    let values = try LinearAlgebra.symmetricEigenvalues(a)
    #expect(abs(values[0] - 1) < 1e-14 && abs(values[1] - 3) < 1e-14)
    #expect(try LinearAlgebra.symmetricEigenvalues(.zeros([0, 0])).isEmpty)
    #expect(try LinearAlgebra.symmetricEigen(.zeros([0, 0])).vectors.shape == [0, 0])
  }

  // MARK: Cholesky

  @Test(arguments: [0, 1, 2, 5, 33]) func choleskyReconstructs(_ n: Int) throws {
    let a = positiveDefinite(n)
    let l = try LinearAlgebra.cholesky(a)
    #expect(difference(matmul(l, l, transposeB: true), a) < 1e-11)
    let values = l.doubles()
    for row in 0..<n {
      for column in row + 1..<max(n, row + 1) { #expect(values[row * n + column] == 0) }
    }
    let b = random([n, 3], seed: 4)
    let x = try LinearAlgebra.solvePositiveDefinite(a, b)
    #expect(difference(matmul(a, x), b) < 1e-9)
    let eigenvalues = try LinearAlgebra.symmetricEigenvalues(a)
    let logDeterminant = eigenvalues.reduce(0) { $0 + log($1) }
    #expect(abs(try LinearAlgebra.logDeterminant(positiveDefinite: a) - logDeterminant) < 1e-9)
  }

  @Test func choleskyByHand() throws {
    let a = Tensor([4, 2, 2, 10] as [Float], shape: [2, 2])
    #expect(try LinearAlgebra.cholesky(a).doubles() == [2, 0, 1, 3])
    #expect(abs(try LinearAlgebra.logDeterminant(positiveDefinite: a) - log(36)) < 1e-14)
    let x = try LinearAlgebra.solvePositiveDefinite(a, Tensor([8, 22], shape: [2]))
    #expect(difference(x, Tensor([1, 2], shape: [2])) < 1e-14)
  }

  @Test func choleskyNamesTheBlockThatFails() throws {
    let a = Tensor([1, 0, 0, 0, -1, 0, 0, 0, 1], shape: [3, 3])
    #expect(
      throws: LinearAlgebraError.notPositiveDefinite(
        operation: "cholesky", shape: [3, 3], order: 2)
    ) { try LinearAlgebra.cholesky(a) }
    #expect(throws: LinearAlgebraError.self) {
      try LinearAlgebra.solvePositiveDefinite(.zeros([2, 2]), .ones([2]))
    }
  }

  // MARK: Equations

  @Test(arguments: [0, 1, 2, 5, 33], [false, true])
  func triangularSolveInverts(_ n: Int, _ isUpper: Bool) throws {
    let mask = Tensor.lowerTriangle(n, n, dtype: .float64)
    let full = random([n, n]) + identity(n) * 10
    let t = full * (isUpper ? mask.transposed() : mask)
    for k in [0, 1, 4] {
      let b = random([n, k], seed: 5)
      for transposed in [false, true] {
        // The other triangle of `full` must not matter.
        let x = try LinearAlgebra.triangularSolve(
          full, b, isUpper: isUpper, transposed: transposed)
        #expect(x.shape == b.shape)
        #expect(difference(matmul(t, x, transposeA: transposed), b) < 1e-12)
      }
    }
  }

  @Test func triangularSolveByHand() throws {
    let t = Tensor([2, 0, 1, 4], shape: [2, 2])
    let b = Tensor([2, 9], shape: [2])
    #expect(try LinearAlgebra.triangularSolve(t, b).doubles() == [1, 2])
    #expect(
      throws: LinearAlgebraError.singular(operation: "triangularSolve", shape: [2, 2], row: 1)
    ) { try LinearAlgebra.triangularSolve(Tensor([2, 0, 1, 0], shape: [2, 2]), b) }
  }

  @Test func leastSquaresByHand() throws {
    // The line through (0, 1), (1, 3), (2, 5) is 1 + 2x.
    let a = Tensor([1, 0, 1, 1, 1, 2], shape: [3, 2])
    let fit = try LinearAlgebra.leastSquares(a, Tensor([1, 3, 5], shape: [3]))
    #expect(fit.rank == 2)
    #expect(difference(fit.solution, Tensor([1, 2], shape: [2])) < 1e-13)
  }

  @Test(arguments: [[1, 1], [7, 4], [4, 7], [33, 5], [5, 33]])
  func leastSquaresResidualIsOrthogonal(_ shape: [Int]) throws {
    let a = random(shape)
    let b = random([shape[0], 3], seed: 2)
    let fit = try LinearAlgebra.leastSquares(a, b)
    #expect(fit.rank == min(shape[0], shape[1]))
    #expect(fit.solution.shape == [shape[1], 3])
    let residual = matmul(a, fit.solution) - b
    #expect(
      difference(matmul(a, residual, transposeA: true), .zeros([shape[1], 3], dtype: .float64))
        < 1e-10)
    let singularValues = try LinearAlgebra.singularValues(a)
    #expect(zip(fit.singularValues, singularValues).allSatisfy { abs($0 - $1) < 1e-11 })
  }

  @Test func leastSquaresTakesTheShortestSolution() throws {
    // x₁ + x₂ = 2, said twice: (1, 1) is the shortest.
    let a = Tensor.ones([2, 2], dtype: .float64)
    let fit = try LinearAlgebra.leastSquares(a, Tensor([2, 2], shape: [2]))
    #expect(fit.rank == 1)
    #expect(difference(fit.solution, .ones([2], dtype: .float64)) < 1e-13)
    let nothing = try LinearAlgebra.leastSquares(.zeros([0, 3]), .zeros([0, 2]))
    #expect(nothing.solution.doubles() == [0, 0, 0, 0, 0, 0] && nothing.rank == 0)
    #expect(try LinearAlgebra.leastSquares(.zeros([3, 0]), .ones([3])).solution.shape == [0])
    #expect(
      try LinearAlgebra.leastSquares(.ones([3, 2]), .zeros([3, 0])).solution.shape == [2, 0])
  }

  @Test func acceptsEveryTypeAndRefusesWhatIsNotFinite() throws {
    let a = Tensor([3, 0, 4, 5], shape: [2, 2])
    for dtype in DType.allCases {
      let values = try LinearAlgebra.singularValues(a.cast(to: dtype))
      #expect(abs(values[0] - 45.0.squareRoot()) < 1e-12)
    }
    let bad = Tensor([1, .nan, 0, 1], shape: [2, 2])
    #expect(throws: LinearAlgebraError.notFinite(operation: "svd", shape: [2, 2])) {
      try LinearAlgebra.singularValues(bad)
    }
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.cholesky(bad) }
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.symmetricEigenvalues(bad) }
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.leastSquares(bad, .ones([2])) }
    #expect(throws: LinearAlgebraError.self) {
      try LinearAlgebra.triangularSolve(.ones([2, 2]), Tensor([1, .infinity], shape: [2]))
    }
  }
}
