import Foundation
import JEPATensor

/// A Gaussian with full covariance, fitted by maximum likelihood: the line every density model has to
/// beat.
///
/// With contexts it is conditional: y = B (c, 1) + e with e ~ N(0, Σ). B is the least-squares
/// regression and Σ the mean of the squared residuals (not divided by n − 1), which together maximise
/// the likelihood. Computed in float64.
public struct GaussianDensity: Sendable {
  /// The regression [C + 1, D]; its last row is the intercept, without contexts the mean.
  public let coefficients: Tensor
  /// Σ [D, D].
  public let covariance: Tensor
  /// L with L Lᵀ = Σ.
  private let factor: Tensor
  /// −D/2 log 2π − ½ log det Σ.
  private let logNormalizer: Double

  /// Fits to rows.
  ///
  /// - Parameters:
  ///   - targets: [N, D].
  ///   - contexts: [N, C], or nil for none.
  /// - Throws: ``GaussianDensityError`` where no density exists: no rows, or a target column that is a
  ///   linear function of others; `LinearAlgebraError` for data that are not finite.
  public init(targets: Tensor, contexts: Tensor? = nil) throws {
    require(targets.rank == 2, "GaussianDensity: targets \(targets.shape)")
    let (n, d) = (targets.shape[0], targets.shape[1])
    guard n > 0 else { throw GaussianDensityError.empty }
    let y = targets.detached().cast(to: .float64)
    let x = Self.withOnes(contexts, rows: n)
    coefficients = try LinearAlgebra.leastSquares(x, y).solution
    let residuals = y - matmul(x, coefficients)
    covariance = matmul(residuals, residuals, transposeA: true) / Double(n)
    // Rounding leaves a little variance where there is none.
    let total = ((y - y.mean(axis: 0, keepingDimensions: true)).square().mean(axis: 0)).doubles()
    do {
      factor = try LinearAlgebra.cholesky(covariance)
    } catch LinearAlgebraError.notPositiveDefinite(_, _, let order) {
      throw GaussianDensityError.singular(column: order - 1)
    }
    let diagonal = factor.doubles().enumerated().filter { $0.offset % (d + 1) == 0 }.map(\.element)
    if let column = (0..<d).first(where: {
      diagonal[$0] * diagonal[$0] <= Self.leastVariance * total[$0]
    }) {
      throw GaussianDensityError.singular(column: column)
    }
    logNormalizer =
      -0.5 * Double(d) * log(2 * .pi) - diagonal.reduce(0) { $0 + log($1) }
  }

  /// The part of a column's variance below which what others leave of it is rounding.
  private static let leastVariance = 1e-13

  /// log N(y; B (c, 1), Σ) per row, in nats: [N], float64.
  ///
  /// - Parameters:
  ///   - targets: [N, D].
  ///   - contexts: [N, C]; nil where it was fitted without.
  /// - Throws: `LinearAlgebraError` for data that are not finite.
  public func logDensity(of targets: Tensor, contexts: Tensor? = nil) throws -> Tensor {
    let (n, d) = (targets.shape[0], covariance.shape[0])
    let x = Self.withOnes(contexts, rows: n)
    require(
      targets.shape == [n, d] && x.shape[1] == coefficients.shape[0],
      "GaussianDensity: targets \(targets.shape) and contexts \(contexts?.shape ?? [n, 0]), fitted to "
        + "\(d) and \(coefficients.shape[0] - 1) columns")
    return try whitened(targets, contexts: contexts).square().sum(axis: 1) * -0.5 + logNormalizer
  }

  /// L⁻¹ (y − B (c, 1)), whose rows are N(0, I) under this density: [N, D], float64.
  ///
  /// log p(y | c) = log p(white row | c) − ``logDeterminant``.
  ///
  /// - Throws: `LinearAlgebraError` for data that are not finite.
  public func whitened(_ targets: Tensor, contexts: Tensor? = nil) throws -> Tensor {
    let x = Self.withOnes(contexts, rows: targets.shape[0])
    let residuals = targets.detached().cast(to: .float64) - matmul(x, coefficients)
    return try LinearAlgebra.triangularSolve(factor, residuals.transposed()).transposed()
  }

  /// log det L = ½ log det Σ, in nats.
  public var logDeterminant: Double {
    -logNormalizer - 0.5 * Double(covariance.shape[0]) * log(2 * .pi)
  }

  /// The contexts and a column of ones: [N, C + 1].
  private static func withOnes(_ contexts: Tensor?, rows: Int) -> Tensor {
    let ones = Tensor.ones([rows, 1], dtype: .float64)
    guard let contexts, contexts.shape[1] > 0 else { return ones }
    require(
      contexts.rank == 2 && contexts.shape[0] == rows,
      "GaussianDensity: contexts \(contexts.shape) for \(rows) targets")
    return .concatenated([contexts.detached().cast(to: .float64), ones], axis: 1)
  }
}

/// Why rows have no Gaussian density.
public enum GaussianDensityError: Error, CustomStringConvertible, Equatable {
  /// There are no rows.
  case empty
  /// Given the contexts and the columns before it, a target column (counted from 0) has no variance.
  case singular(column: Int)

  public var description: String {
    switch self {
    case .empty: "there are no rows to fit a Gaussian to"
    case .singular(let column):
      "target column \(column) (from 0) is a linear function of the columns before it; leave it out"
    }
  }
}
