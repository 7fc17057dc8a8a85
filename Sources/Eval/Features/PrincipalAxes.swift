import JEPATensor

/// The principal axes of features: in their coordinates a linear classifier's objective curves along each
/// weight by itself, nearly, which L-BFGS makes use of. Turning the weights leaves their norm, and so the
/// penalty, as it is.
struct PrincipalAxes: Sendable {
  /// [D, D], an axis in each column.
  private let axes: Tensor
  /// The features' mean squares along the axes.
  let moments: [Double]

  /// - Parameter features: [N, D], N > 0.
  /// - Throws: `LinearAlgebraError` where they are not finite.
  init(_ features: Tensor) throws {
    let (n, d) = (features.shape[0], features.shape[1])
    // In a few parts, so that their sums take little memory and do not depend on the number of threads.
    let rows = max(2048, (n + 7) / 8)
    let sums = parallelMap((n + rows - 1) / rows) { part in
      let some = features.slice(axis: 0, part * rows..<min(n, (part + 1) * rows))
      return matmul(some, some, transposeA: true).cast(to: .float64)
    }
    let total = sums.dropFirst().reduce(sums[0], +) / Double(n)
    let eigen = try LinearAlgebra.symmetricEigen(total)
    axes = eigen.vectors
    moments = eigen.values.map { max($0, 0) }
    require(moments.count == d, "PrincipalAxes: \(moments.count) axes of \(d) dimensions")
  }

  /// Rows [n, D] along the axes.
  func turned(_ rows: Tensor) -> Tensor { matmul(rows, axes.cast(to: rows.dtype)) }

  /// W [C, D] and b [C], one after the other, for turned features.
  func turned(_ parameters: [Double]) -> [Double] { product(parameters, transposed: false) }

  /// The parameters for features as they were.
  func restored(_ parameters: [Double]) -> [Double] { product(parameters, transposed: true) }

  private func product(_ parameters: [Double], transposed: Bool) -> [Double] {
    let classes = parameters.count / (moments.count + 1)
    let split = classes * moments.count
    let weight = Tensor(
      Array(parameters[..<split]), shape: [classes, moments.count], dtype: .float64)
    return matmul(weight, axes, transposeB: transposed).doubles() + parameters[split...]
  }

  /// The curvature along each parameter of an objective whose logits curve by `variance`, with the penalty's.
  func curvature(variance: Double, strength: Double, classes: Int) -> [Double] {
    // Where neither features nor penalty curve it, a little, so that there is an inverse.
    let variance = max(variance, 1e-12)
    let weights = moments.map { variance * max($0, 1e-8) + strength }
    return (0..<classes).flatMap { _ in weights }
      + [Double](repeating: variance, count: classes)
  }
}
