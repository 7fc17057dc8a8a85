/// Why a matrix has no answer to what was asked of it.
public enum LinearAlgebraError: Error, CustomStringConvertible, Equatable {
  /// The matrix holds NaN or infinity.
  case notFinite(operation: String, shape: [Int])
  /// LAPACK's iteration did not converge.
  case notConverged(operation: String, shape: [Int])
  /// The leading block of size `order` is not positive definite.
  case notPositiveDefinite(operation: String, shape: [Int], order: Int)
  /// The diagonal entry of `row` is 0.
  case singular(operation: String, shape: [Int], row: Int)

  public var description: String {
    switch self {
    case .notFinite(let operation, let shape):
      "\(operation): the matrix \(shape) holds NaN or infinity"
    case .notConverged(let operation, let shape):
      "\(operation): no convergence for the matrix \(shape)"
    case .notPositiveDefinite(let operation, let shape, let order):
      "\(operation): the matrix \(shape) is not positive definite (leading block of size \(order)); "
        + "add to its diagonal"
    case .singular(let operation, let shape, let row):
      "\(operation): the triangular matrix \(shape) has a 0 on its diagonal, in row \(row)"
    }
  }
}
