import Foundation
import JEPATensor

/// Equal Gaussians evenly spaced on a ring, their number given by the context.
///
/// The context is one-hot over `modeCounts`, each equally likely. Given K, the target in the plane is
/// drawn from Σ_k N(μ_k, σ² I) / K with μ_k at the angle π/2 + 2πk/K on a circle of the given radius.
/// Where the spacing is many σ, as by default, the entropy is close to log K + log 2πeσ².
public struct RingOfGaussians: ConditionalToy {
  /// The numbers of modes between which the context chooses.
  public let modeCounts: [Int]
  /// The ring's radius.
  public let radius: Double
  /// σ of each Gaussian.
  public let deviation: Double

  public init(modeCounts: [Int] = [1, 2, 3, 4, 5], radius: Double = 1, deviation: Double = 0.15) {
    require(
      !modeCounts.isEmpty && modeCounts.allSatisfy { $0 > 0 } && radius > 0 && deviation > 0,
      "RingOfGaussians: mode counts \(modeCounts), radius \(radius), deviation \(deviation)")
    self.modeCounts = modeCounts
    self.radius = radius
    self.deviation = deviation
  }

  public var contextDimensions: Int { modeCounts.count }
  public var targetDimensions: Int { 2 }
  public var contextBounds: [ClosedRange<Double>] {
    Array(repeating: 0...1, count: modeCounts.count)
  }
  public var targetBounds: [ClosedRange<Double>] {
    let reach = radius + 4.5 * deviation
    return [-reach...reach, -reach...reach]
  }

  /// Every context there is.
  public var exampleContexts: Tensor { .identity(modeCounts.count, dtype: .float64) }

  public func label(of context: [Double]) -> String {
    let count = modeCounts[choice(of: context[...])]
    return count == 1 ? "1 mode" : "\(count) modes"
  }

  public func sample(_ count: Int, dtype: DType, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)
  {
    var contexts = [Double](repeating: 0, count: count * modeCounts.count)
    var targets: [Double] = []
    for row in 0..<count {
      let choice = random.integer(below: modeCounts.count)
      contexts[row * modeCounts.count + choice] = 1
      let modes = modeCounts[choice]
      for coordinate in center(random.integer(below: modes), of: modes) {
        targets.append(coordinate + deviation * random.normal())
      }
    }
    return (
      Tensor(contexts, shape: [count, modeCounts.count], dtype: dtype),
      Tensor(targets, shape: [count, 2], dtype: dtype)
    )
  }

  public func logDensity(of targets: Tensor, given contexts: Tensor) -> Tensor {
    let count = rows(of: targets, given: contexts)
    let (y, c) = (targets.doubles(), contexts.doubles())
    let width = modeCounts.count
    let values = (0..<count).map { row -> Double in
      let choice = choice(of: c[row * width..<(row + 1) * width])
      return logDensity(y[2 * row], y[2 * row + 1], modes: modeCounts[choice])
    }
    return Tensor(values, shape: [count])
  }

  /// By the trapezoidal rule on a grid of spacing σ/4, which for Gaussians converges exponentially;
  /// within 1e-8 nats.
  public func conditionalEntropy() -> Double {
    let step = deviation / 4
    let half = Int((radius / step).rounded(.up)) + 32  // 8 σ beyond the ring
    var total = 0.0
    for modes in modeCounts {
      for i in -half...half {
        for j in -half...half {
          let logDensity = logDensity(Double(i) * step, Double(j) * step, modes: modes)
          total -= exp(logDensity) * logDensity
        }
      }
    }
    return total * step * step / Double(modeCounts.count)
  }

  /// The Gaussians' centres; a point within 2σ counts as at one.
  public func modes(given contexts: Tensor) -> [[ToyMode]] {
    let (c, width) = (contexts.doubles(), modeCounts.count)
    return (0..<contexts.shape[0]).map { row in
      let modes = modeCounts[choice(of: c[row * width..<(row + 1) * width])]
      return (0..<modes).map {
        ToyMode(ridge: [center($0, of: modes)], weight: 1 / Double(modes), radius: 2 * deviation)
      }
    }
  }

  private func choice(of context: ArraySlice<Double>) -> Int {
    let best = context.indices.reduce(context.startIndex) { context[$1] > context[$0] ? $1 : $0 }
    return best - context.startIndex
  }

  private func center(_ index: Int, of modes: Int) -> [Double] {
    let angle = Double.pi / 2 + 2 * Double.pi * Double(index) / Double(modes)
    return [radius * cos(angle), radius * sin(angle)]
  }

  private func logDensity(_ x: Double, _ y: Double, modes: Int) -> Double {
    let variance = deviation * deviation
    let exponents = (0..<modes).map { index -> Double in
      let center = center(index, of: modes)
      let (dx, dy) = (x - center[0], y - center[1])
      return -(dx * dx + dy * dy) / (2 * variance)
    }
    return logSumExp(exponents) - log(Double(modes) * 2 * Double.pi * variance)
  }
}

/// log Σ exp, without overflow.
func logSumExp(_ values: [Double]) -> Double {
  let largest = values.max() ?? -.infinity
  if largest == -.infinity { return -.infinity }
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}
