import Foundation
import JEPATensor

/// Gauss-Legendre quadrature on [0, 1]: exact for polynomials up to degree 2 · count − 1.
struct GaussLegendre {
  let nodes: [Double]
  let weights: [Double]

  init(_ count: Int) {
    require(count > 0, "GaussLegendre: \(count) nodes")
    var nodes: [Double] = []
    var weights: [Double] = []
    for i in 0..<count {
      // Newton's method on the Legendre polynomial, from Tricomi's approximation of its i-th root.
      var x = cos(Double.pi * (Double(i) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (previous, value) = (1.0, x)
        for k in 1..<max(count, 1) {
          let n = Double(k)
          (previous, value) = (value, ((2 * n + 1) * x * value - n * previous) / (n + 1))
        }
        slope = Double(count) * (previous - x * value) / (1 - x * x)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      nodes.append(0.5 * (1 - x))
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
    self.nodes = nodes
    self.weights = weights
  }

  /// ∫ f over [a, b] for an f whose derivatives may be infinite at the ends, as a square root's or
  /// x log x are: the substitution x = a + (b − a)(3u² − 2u³) is flat there.
  func integral(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
    zip(nodes, weights).reduce(0) { sum, entry in
      let (u, weight) = entry
      let x = a + (b - a) * u * u * (3 - 2 * u)
      return sum + weight * (b - a) * 6 * u * (1 - u) * f(x)
    }
  }
}
