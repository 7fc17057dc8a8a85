import Foundation
import JEPATensor

/// The inverse of a noisy sinusoid (Bishop, "Mixture density networks", 1994, section 5): predict t
/// from x = t + a sin 2πt + ε, with t ~ U(0, 1), ε ~ U(−b, b), a = 0.3 and b = 0.1.
///
/// Given x, every t whose curve passes within b of x is equally likely:
/// p(t | x) = 1 / L(x) on T(x) = {t ∈ [0, 1] : |x − t − a sin 2πt| < b}, where L is the length of T,
/// and p(x) = L(x) / 2b. T is a union of intervals, found from the curve's monotone pieces; with the
/// usual a and b it is one interval or two (two for x in about (0.307, 0.493) and (0.507, 0.693)),
/// and these are the modes. The density jumps at the intervals' ends, which is what makes the set
/// hard for smooth heads.
public struct InverseSinusoid: ConditionalToy {
  /// a.
  public let amplitude: Double
  /// b.
  public let noise: Double
  /// The ends of the pieces of [0, 1] on which the curve rises or falls.
  private let pieceEnds: [Double]
  /// How far beyond the band a target still counts as inside, for contexts and targets rounded to
  /// float32.
  private static let slack = 1e-6

  public init(amplitude: Double = 0.3, noise: Double = 0.1) {
    require(
      amplitude >= 0 && noise > 0, "InverseSinusoid: amplitude \(amplitude), noise \(noise)")
    self.amplitude = amplitude
    self.noise = noise
    let steepness = 2 * Double.pi * amplitude
    if steepness > 1 {
      let turn = acos(-1 / steepness) / (2 * Double.pi)
      pieceEnds = [0, turn, 1 - turn, 1]
    } else {
      pieceEnds = [0, 1]
    }
  }

  public var contextDimensions: Int { 1 }
  public var targetDimensions: Int { 1 }
  public var targetBounds: [ClosedRange<Double>] { [0...1] }

  public var contextBounds: [ClosedRange<Double>] {
    let values = pieceEnds.map(curve)
    return [values.reduce(0, min) - noise...values.reduce(1, max) + noise]
  }

  public var exampleContexts: Tensor { Tensor([0.1, 0.35, 0.5, 0.65, 0.9], shape: [5, 1]) }

  public func label(of context: [Double]) -> String { "x = \(context[0].formatted(decimals: 2))" }

  /// t + a sin 2πt.
  public func curve(_ t: Double) -> Double { t + amplitude * sin(2 * Double.pi * t) }

  public func sample(_ count: Int, dtype: DType, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)
  {
    var (contexts, targets): ([Double], [Double]) = ([], [])
    for _ in 0..<count {
      let t = random.uniform()
      targets.append(t)
      contexts.append(curve(t) + random.uniform(in: -noise..<noise))
    }
    return (
      Tensor(contexts, shape: [count, 1], dtype: dtype),
      Tensor(targets, shape: [count, 1], dtype: dtype)
    )
  }

  /// T(x): disjoint intervals in rising order, none of length 0.
  public func support(given x: Double) -> [ClosedRange<Double>] {
    var result: [ClosedRange<Double>] = []
    for (start, end) in zip(pieceEnds, pieceEnds.dropFirst()) {
      let rises = curve(end) > curve(start)
      let first = crossing(x + (rises ? -noise : noise), from: start, to: end, rises)
      let last = crossing(x + (rises ? noise : -noise), from: start, to: end, rises)
      if last <= first { continue }
      if let previous = result.last, previous.upperBound == first {
        result[result.count - 1] = previous.lowerBound...last
      } else {
        result.append(first...last)
      }
    }
    return result
  }

  /// Where on a monotone piece the curve reaches `level`; the end nearest to it if it does not.
  private func crossing(_ level: Double, from start: Double, to end: Double, _ rises: Bool)
    -> Double
  {
    if (curve(start) >= level) == rises { return start }
    if (curve(end) <= level) == rises { return end }
    var (low, high) = (start, end)
    for _ in 0..<52 {
      let middle = 0.5 * (low + high)
      if (curve(middle) < level) == rises { low = middle } else { high = middle }
    }
    return 0.5 * (low + high)
  }

  private func supportLength(given x: Double) -> Double {
    support(given: x).reduce(0) { $0 + $1.upperBound - $1.lowerBound }
  }

  public func logDensity(of targets: Tensor, given contexts: Tensor) -> Tensor {
    let count = rows(of: targets, given: contexts)
    let values = zip(targets.doubles(), contexts.doubles()).map { t, x -> Double in
      let isInside =
        (-Self.slack...1 + Self.slack).contains(t) && abs(x - curve(t)) <= noise + Self.slack
      let length = isInside ? supportLength(given: x) : 0
      return length > 0 ? -log(length) : -.infinity
    }
    return Tensor(values, shape: [count])
  }

  /// E[log L(x)] = ∫ L(x) log L(x) dx / 2b, by quadrature between the points where L bends; within
  /// 1e-8 nats.
  public func conditionalEntropy() -> Double {
    let bends = Set(pieceEnds.flatMap { [curve($0) - noise, curve($0) + noise] }).sorted()
    let rule = GaussLegendre(64)
    let total = zip(bends, bends.dropFirst()).reduce(0.0) { sum, piece in
      sum
        + rule.integral(from: piece.0, to: piece.1) { x in
          let length = supportLength(given: x)
          return length > 0 ? length * log(length) : 0
        }
    }
    return total / (2 * noise)
  }

  /// The intervals of T(x).
  public func modes(given contexts: Tensor) -> [[ToyMode]] {
    contexts.doubles().map { x in
      let intervals = support(given: x)
      let total = supportLength(given: x)
      return intervals.map {
        ToyMode(
          ridge: [[$0.lowerBound], [$0.upperBound]],
          weight: ($0.upperBound - $0.lowerBound) / total, radius: noise / 5)
      }
    }
  }
}

extension Double {
  /// With a fixed number of decimals: "0.35".
  func formatted(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
