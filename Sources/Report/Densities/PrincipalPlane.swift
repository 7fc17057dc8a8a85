import JEPATensor

/// The plane of the two directions in which points vary most.
struct PrincipalPlane {
  /// [D].
  let centre: Tensor
  /// [D, 2], orthonormal columns.
  let axes: Tensor

  /// - Parameter points: [N, D], N ≥ 1; each counts `weights` times. Directions of no variance are as
  ///   good as any others.
  /// - Throws: `LinearAlgebraError` for points that are not finite.
  init(of points: Tensor, weights: [Double]) throws {
    let (n, d) = (points.shape[0], points.shape[1])
    require(
      weights.count == n && n > 0 && d >= 2,
      "PrincipalPlane: points \(points.shape) with \(weights.count) weights")
    let values = points.detached().cast(to: .float64)
    let total = weights.reduce(0, +)
    let shares = Tensor(weights.map { $0 / total }, shape: [n, 1])
    centre = (values * shares).sum(axis: 0)
    let scaled =
      (values - centre) * Tensor(weights.map { ($0 / total).squareRoot() }, shape: [n, 1])
    let covariance = matmul(scaled.transposed(), scaled)
    let vectors = try LinearAlgebra.symmetricEigen(covariance).vectors
    // Values rise, so the last columns are wanted, with a sign that does not hang on the solver.
    let columns = [d - 1, d - 2].map { column -> [Double] in
      let axis = vectors.slice(axis: 1, column..<column + 1).doubles()
      let largest = axis.max { abs($0) < abs($1) } ?? 1
      return largest < 0 ? axis.map { -$0 } : axis
    }
    axes = Tensor(zip(columns[0], columns[1]).flatMap { [$0, $1] }, shape: [d, 2])
  }

  /// [N, D] → N points of the plane.
  func project(_ points: Tensor) -> [(x: Double, y: Double)] {
    let flat = matmul(points.detached().cast(to: .float64) - centre, axes).doubles()
    return stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
  }
}
