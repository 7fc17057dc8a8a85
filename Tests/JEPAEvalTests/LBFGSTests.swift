import Foundation
import JEPAEval
import Testing

@Suite struct LBFGSTests {
  /// Σ cᵢ (xᵢ − i)² / 2 with condition number 10⁴.
  private func quadratic(_ x: [Double]) -> (value: Double, gradient: [Double]) {
    var value = 0.0
    var gradient = x
    for i in x.indices {
      let curvature = i % 2 == 0 ? 1e-2 : 1e2
      value += curvature / 2 * (x[i] - Double(i)) * (x[i] - Double(i))
      gradient[i] = curvature * (x[i] - Double(i))
    }
    return (value, gradient)
  }

  private func rosenbrock(_ x: [Double]) -> (value: Double, gradient: [Double]) {
    let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
    return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
  }

  @Test func findsTheMinimumOfAQuadratic() {
    let minimum = LBFGS(tolerance: 1e-10).minimize(from: Array(repeating: 50, count: 9), quadratic)
    #expect(minimum.converged && minimum.gradientNorm <= 1e-10)
    for (i, x) in minimum.point.enumerated() { #expect(abs(x - Double(i)) < 1e-7) }
  }

  @Test func findsTheMinimumOfRosenbrocksFunction() {
    let minimum = LBFGS(tolerance: 1e-9).minimize(from: [-1.2, 1], rosenbrock)
    #expect(minimum.converged && minimum.iterations < 60)
    #expect(abs(minimum.point[0] - 1) < 1e-8 && abs(minimum.point[1] - 1) < 1e-8)
  }

  /// As a sum of many terms rounds otherwise at each point: that hides the descent long before the gradient is
  /// within the tolerance.
  @Test func roundingOfTheValueDoesNotStopIt() {
    let minimum = LBFGS(tolerance: 1e-10).minimize(from: [-1.2, 1]) { x in
      let (value, gradient) = rosenbrock(x)
      return (value + 1 + 1e-13 * sin(1e9 * x[0]), gradient)
    }
    #expect(minimum.converged && minimum.iterations < 60)
    #expect(abs(minimum.point[0] - 1) < 1e-8 && abs(minimum.point[1] - 1) < 1e-8)
  }

  @Test func valuesNeverRise() {
    var values: [Double] = []
    for limit in 0..<20 {
      let minimum = LBFGS(maximumIterations: limit, tolerance: 0).minimize(
        from: [-1.2, 1], rosenbrock)
      #expect(minimum.iterations == limit)
      values.append(minimum.value)
    }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func stopsAtOnceWhereThereIsNothingToDo() {
    let minimum = LBFGS().minimize(from: [0, 1, 2], quadratic)
    #expect(minimum.converged && minimum.iterations == 0)
    #expect(LBFGS().minimize(from: []) { _ in (0, []) }.converged)
  }

  @Test func saysWhenItDidNotConverge() {
    #expect(!LBFGS(maximumIterations: 3).minimize(from: [-1.2, 1], rosenbrock).converged)
    let broken = LBFGS().minimize(from: [1]) { _ in (.nan, [.nan]) }
    #expect(!broken.converged && broken.gradientNorm == .infinity)
    // A cliff of NaN beside the minimum does not catch it.
    let cliff = LBFGS(tolerance: 1e-8).minimize(from: [3]) { x in
      x[0] < 0 ? (.nan, [.nan]) : ((x[0] - 0.1) * (x[0] - 0.1), [2 * (x[0] - 0.1)])
    }
    #expect(cliff.converged && abs(cliff.point[0] - 0.1) < 1e-8)
  }
}
