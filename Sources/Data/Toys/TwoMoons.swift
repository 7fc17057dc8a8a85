import Foundation
import JEPATensor

/// Two interleaved half circles with Gaussian noise, the context saying how likely the upper one is.
///
/// The context is a number c ~ U(0, 1). With probability c the target is (cos φ, sin φ), otherwise
/// (1 − cos φ, ½ − sin φ), with φ ~ U(0, π), plus N(0, σ² I). A moon's density
/// u(y) = ∫₀^π N(y; (cos φ, sin φ), σ² I) dφ / π is computed by Gauss-Legendre quadrature (within
/// 1e-10, relative, wherever there is mass), and p(y | c) = c u(y) + (1 − c) u((1, ½) − y).
public struct TwoMoons: ConditionalToy {
  /// σ of the noise around the half circles.
  public let deviation: Double
  /// log weight, cosine and sine at each node of the quadrature over φ.
  private let arc: [(logWeight: Double, x: Double, y: Double)]

  public init(deviation: Double = 0.1) {
    require(deviation > 0, "TwoMoons: deviation \(deviation) is not positive")
    self.deviation = deviation
    let rule = GaussLegendre(max(64, Int((10 / deviation).rounded(.up))))
    arc = zip(rule.nodes, rule.weights).map { node, weight in
      (log(weight), cos(Double.pi * node), sin(Double.pi * node))
    }
  }

  public var contextDimensions: Int { 1 }
  public var targetDimensions: Int { 2 }
  public var contextBounds: [ClosedRange<Double>] { [0...1] }
  public var targetBounds: [ClosedRange<Double>] {
    let reach = 4.5 * deviation
    return [-1 - reach...2 + reach, -0.5 - reach...1 + reach]
  }
  public var exampleContexts: Tensor { Tensor([0.05, 0.5, 0.8], shape: [3, 1]) }

  public func label(of context: [Double]) -> String { "c = \(context[0].formatted(decimals: 2))" }

  public func sample(_ count: Int, dtype: DType, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)
  {
    var (contexts, targets): ([Double], [Double]) = ([], [])
    for _ in 0..<count {
      let share = random.uniform()
      contexts.append(share)
      let isUpper = random.uniform() < share
      let angle = Double.pi * random.uniform()
      let (x, y) = isUpper ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
      targets.append(x + deviation * random.normal())
      targets.append(y + deviation * random.normal())
    }
    return (
      Tensor(contexts, shape: [count, 1], dtype: dtype),
      Tensor(targets, shape: [count, 2], dtype: dtype)
    )
  }

  public func logDensity(of targets: Tensor, given contexts: Tensor) -> Tensor {
    let count = rows(of: targets, given: contexts)
    let (y, c) = (targets.doubles(), contexts.doubles())
    let values = (0..<count).map { row -> Double in
      let (a, b) = (y[2 * row], y[2 * row + 1])
      return logSumExp([
        log(c[row]) + upperLogDensity(a, b), log(1 - c[row]) + upperLogDensity(1 - a, 0.5 - b),
      ])
    }
    return Tensor(values, shape: [count])
  }

  /// log u(y).
  private func upperLogDensity(_ x: Double, _ y: Double) -> Double {
    let variance = deviation * deviation
    let terms = arc.map { node -> Double in
      let (dx, dy) = (x - node.x, y - node.y)
      return node.logWeight - (dx * dx + dy * dy) / (2 * variance)
    }
    return logSumExp(terms) - log(2 * Double.pi * variance)
  }

  /// By the trapezoidal rule on a grid of spacing σ/3 over the plane and 32 Gauss-Legendre nodes
  /// over c; within 1e-5 nats.
  public func conditionalEntropy() -> Double {
    let (step, reach) = (deviation / 3, 7 * deviation)
    var densities: [(upper: Double, lower: Double)] = []
    for x in stride(from: -1 - reach, through: 2 + reach, by: step) {
      for y in stride(from: -0.5 - reach, through: 1 + reach, by: step) {
        densities.append((exp(upperLogDensity(x, y)), exp(upperLogDensity(1 - x, 0.5 - y))))
      }
    }
    let total = GaussLegendre(32).integral(from: 0, to: 1) { share in
      densities.reduce(0) { sum, density in
        let p = share * density.upper + (1 - share) * density.lower
        return p > 0 ? sum - p * log(p) : sum
      }
    }
    return total * step * step
  }

  /// The half circles, each a ridge; a point within 2.5σ counts as on one.
  public func modes(given contexts: Tensor) -> [[ToyMode]] {
    let upper = (0...48).map { index -> [Double] in
      let angle = Double.pi * Double(index) / 48
      return [cos(angle), sin(angle)]
    }
    let lower = upper.map { [1 - $0[0], 0.5 - $0[1]] }
    return contexts.doubles().map { share in
      [(upper, share), (lower, 1 - share)].filter { $0.1 > 0 }.map {
        ToyMode(ridge: $0.0, weight: $0.1, radius: 2.5 * deviation)
      }
    }
  }
}
