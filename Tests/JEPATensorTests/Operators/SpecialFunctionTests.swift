import Foundation
import JEPATestSupport
import Testing

@testable import JEPATensor

@Suite struct SpecialFunctionTests {
  static let functions:
    [(name: String, apply: @Sendable (Tensor) -> Tensor, naive: @Sendable (Double) -> Double)] = [
      ("log1p", { $0.log1p() }, { log(1 + $0) }),
      ("expm1", { $0.expm1() }, { exp($0) - 1 }),
      (
        "erf", { $0.erf() },
        { x in
          // The series 2/√π Σ (−1)ⁿ x^(2n+1) / (n! (2n + 1)).
          var (term, sum) = (x, x)
          for n in 1..<80 {
            term *= -x * x / Double(n)
            sum += term / Double(2 * n + 1)
          }
          return 2 / Double.pi.squareRoot() * sum
        }
      ),
      (
        "lgamma", { $0.lgamma() },
        { x in
          // ∏ by the recurrence up to 200, then Stirling's series.
          var (x, sum) = (x, 0.0)
          while x < 200 {
            sum -= log(x)
            x += 1
          }
          return sum + (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + 1 / (12 * x) - 1
            / (360 * x * x * x)
        }
      ),
      (
        "digamma", { $0.digamma() },
        { x in
          var (x, sum) = (x, 0.0)
          while x < 2000 {
            sum -= 1 / x
            x += 1
          }
          return sum + log(x) - 1 / (2 * x) - 1 / (12 * x * x)
        }
      ),
      ("pow 2.5", { $0.pow(2.5) }, { exp(2.5 * log($0)) }),
      ("pow −1", { $0.pow(-1) }, { 1 / $0 }),
    ]

  private static let x = Tensor([0.05, 0.3, 0.9, 1, 1.7, 2.4, 3.1], shape: [7])

  @Test(arguments: functions.indices) func valuesAndGradients(_ index: Int) {
    let (name, apply, naive) = Self.functions[index]
    expectClose(
      apply(Self.x).doubles(), Self.x.doubles().map(naive), absolute: 1e-13, relative: 1e-11, name)
    gradientCheck(at: [Self.x], tolerance: 1e-6, name) { apply($0[0]) }
    let narrow = apply(Self.x.cast(to: .float32))
    #expect(narrow.dtype == .float32)
    expectClose(narrow.doubles(), Self.x.doubles().map(naive), absolute: 1e-6, relative: 1e-5, name)
  }

  /// Small values keep their digits.
  @Test func smallValues() {
    let tiny = Tensor([1e-12, -1e-12], shape: [2])
    expectClose(tiny.log1p().doubles(), [1e-12, -1e-12], relative: 1e-11)
    expectClose(tiny.expm1().doubles(), [1e-12, -1e-12], relative: 1e-11)
  }

  /// Known values: ψ(1) = −γ, ψ(½) = −γ − 2 log 2, ψ′(1) = π²/6, ψ′(½) = π²/2, and across 0 by reflection.
  @Test func digammaAndTrigamma() {
    let gamma = 0.577_215_664_901_532_86
    expectClose(
      [1, 0.5, -0.5, -1.5].map(SpecialFunctions.digamma),
      [
        -gamma, -gamma - 2 * log(2.0), 2 - gamma - 2 * log(2.0), 2 - gamma - 2 * log(2.0) + 2.0 / 3,
      ],
      absolute: 1e-13, relative: 1e-13)
    expectClose(
      [1, 0.5, -0.5].map(SpecialFunctions.trigamma),
      [Double.pi * Double.pi / 6, Double.pi * Double.pi / 2, Double.pi * Double.pi / 2 + 4],
      relative: 1e-13)
    #expect(SpecialFunctions.digamma(-3).isNaN && SpecialFunctions.trigamma(0).isNaN)
  }

  @Test func powersOfTensors() {
    let base = Tensor([0.5, 1, 2, 3, 0.25, 1.5], shape: [2, 3])
    let exponent = Tensor([2, -1, 0.5], shape: [3])
    let found = Tensor.pow(base, exponent).doubles()
    let (a, b) = (base.doubles(), exponent.doubles())
    expectClose(found, (0..<6).map { Foundation.pow(a[$0], b[$0 % 3]) }, relative: 1e-15)
    gradientCheck(at: [base, exponent]) { Tensor.pow($0[0], $0[1]) }
    #expect(Tensor.pow(Tensor.zeros([1], dtype: .float64), exponent[.at(0)]).item() == 0)
  }

  @Test func anyFunctionOfOneNumber() {
    gradientCheck(at: [Self.x]) {
      $0[0].elementwise("log cosh", { log(cosh($0)) }, derivative: { x, _ in tanh(x) })
    }
  }
}
