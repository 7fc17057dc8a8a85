import Foundation
import Testing

@testable import JEPATensor

@Suite struct PiecewiseCubicTests {
  private func value(_ cubic: PiecewiseCubic, at x: Double) -> Double {
    let c = cubic.coefficients.doubles()
    let width = (cubic.range.upperBound - cubic.range.lowerBound) / 32
    let place = (x - cubic.range.lowerBound) / width
    let (part, t) = (Int(place), place - place.rounded(.down))
    return (0..<4).reduce(0) { $0 + c[32 * $1 + part] * pow(t, Double($1)) }
  }

  @Test func reproducesACubic() {
    let polynomial = { (x: Double) in 2 - 3 * x + 0.5 * x * x - 0.25 * x * x * x }
    let cubic = PiecewiseCubic(over: -2..<6) { $0.map(polynomial) }
    for x in stride(from: -2, to: 6, by: 0.1) {
      #expect(abs(value(cubic, at: x) - polynomial(x)) < 2e-5)
    }
  }

  /// Chebyshev nodes: at most 2 (h / 4)⁴ / 4! · max |f⁗| away, here with f = eˣ and h = 1 / 8.
  @Test func keepsTheBoundOfChebyshevNodes() {
    let cubic = PiecewiseCubic(over: -2..<2) { $0.map(exp) }
    for x in stride(from: -2.0, to: 2, by: 0.01) {
      let bound = 2 * pow(0.125 / 4, 4) / 24 * exp(x + 0.125)
      #expect(abs(value(cubic, at: x) - exp(x)) < bound + 5e-7 * exp(x))
    }
  }
}
