import Foundation
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

/// Goldens by NumPy: `cov(bias=True)`, `lstsq`, `inv`, `slogdet`.
@Suite struct GaussianDensityTests {
  private static let targets = Tensor(
    [0.5, 1.2, -1, 0.3, 2, -0.7, 0.1, 0.4, 1.5, 2.5, -0.6, -1.1], shape: [6, 2])
  private static let contexts = Tensor([1, 0, 2, -1, 0.5, 1.5], shape: [6, 1], dtype: .float64)
  private static let test = Tensor([0.2, 0.3, 3, -2], shape: [2, 2], dtype: .float64)

  @Test func agreesWithNumPy() throws {
    let density = try GaussianDensity(targets: Self.targets)
    expectClose(
      density.coefficients, Tensor([0.41666666666666667, 0.43333333333333333], shape: [1, 2]),
      relative: 1e-14)
    expectClose(
      density.covariance.doubles(),
      [1.1380555555555556, 0.37777777777777777, 0.37777777777777777, 1.4188888888888889],
      relative: 1e-14)
    expectClose(
      try density.logDensity(of: Self.test).doubles(), [-2.0532905374178534, -9.14953049620572],
      relative: 1e-13)
  }

  @Test func conditionalAgreesWithNumPy() throws {
    let density = try GaussianDensity(targets: Self.targets, contexts: Self.contexts)
    expectClose(
      density.coefficients.doubles(),
      [0.4428571428571428, -0.46857142857142847, 0.12142857142857155, 0.7457142857142853],
      relative: 1e-13)
    expectClose(
      try density.logDensity(
        of: Self.test, contexts: Tensor([0.5, -2], shape: [2, 1], dtype: .float64)
      ).doubles(), [-1.7499474101325345, -30.25994330676792], relative: 1e-12)
  }

  /// No other Gaussian gives the training rows more.
  @Test func likelihoodIsTheHighest() throws {
    let density = try GaussianDensity(targets: Self.targets)
    let best = try density.logDensity(of: Self.targets).mean().item()
    var random = RandomSource(seed: 1)
    for _ in 0..<20 {
      let moved = Self.targets + Tensor.normal([6, 2], dtype: .float64, using: &random) * 0.3
      let other = try GaussianDensity(targets: moved)
      #expect(try other.logDensity(of: Self.targets).mean().item() < best)
    }
  }

  @Test func contextsWithoutColumnsAndRowsWithoutNumber() throws {
    let plain = try GaussianDensity(targets: Self.targets)
    let empty = try GaussianDensity(targets: Self.targets, contexts: .zeros([6, 0]))
    expectSameBits(
      try plain.logDensity(of: Self.test),
      try empty.logDensity(of: Self.test, contexts: .zeros([2, 0])))
    #expect(try plain.logDensity(of: .zeros([0, 2])).shape == [0])
  }

  @Test func dependentColumnsAreNamed() throws {
    var random = RandomSource(seed: 2)
    let free = Tensor.normal([50, 2], dtype: .float64, using: &random)
    let weights = Tensor([0.3, -1.7], shape: [2, 1], dtype: .float64)
    let dependent = Tensor.concatenated([free, matmul(free, weights) + 4], axis: 1)
    #expect(throws: GaussianDensityError.singular(column: 2)) {
      try GaussianDensity(targets: dependent)
    }
    // A context may be what the target depends on.
    #expect(throws: GaussianDensityError.singular(column: 0)) {
      try GaussianDensity(targets: dependent.slice(axis: 1, 2..<3), contexts: free)
    }
    #expect(throws: GaussianDensityError.empty) { try GaussianDensity(targets: .zeros([0, 2])) }
    #expect("\(GaussianDensityError.singular(column: 2))".contains("target column 2 (from 0)"))
  }
}
