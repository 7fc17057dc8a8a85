import Foundation
import JEPATensor

/// How much noise each timestep of a diffusion adds (Ho et al. 2020, §2, and Nichol & Dhariwal 2021).
///
/// x_t = √ᾱ_t y + √(1 − ᾱ_t) ε with ᾱ_t = Π (1 − β_s), t = 1 … T and ᾱ_0 = 1. Between the timesteps
/// the angle φ = arccos √ᾱ is interpolated by a monotone cubic, so that the schedule is also a
/// continuous, strictly increasing function on [0, T] that agrees with the papers at the integers.
public struct NoiseSchedule: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// β from 10⁻⁴ to 0.02 in equal steps over T = 1000 (Ho et al. 2020, §4); for another T both
    /// ends are multiplied by 1000 / T, and β is at most 0.999.
    case linear
    /// ᾱ_t = f(t) / f(0), f(t) = cos²((t/T + s)/(1 + s) · π/2), s = 0.008, and β_t = 1 − ᾱ_t/ᾱ_{t−1}
    /// at most 0.999 (Nichol & Dhariwal 2021, eq. 17).
    case cosine
  }

  public let kind: Kind
  /// T.
  public let timesteps: Int
  /// β_1 … β_T; the first entry is β_1.
  public let betas: [Double]
  /// ᾱ_0 = 1, ᾱ_1 … ᾱ_T; entry t is ᾱ_t.
  public let cumulativeAlphas: [Double]
  /// φ_0 = 0, φ_1 … φ_T.
  let angles: [Double]
  /// dφ/dt at the integers.
  let slopes: [Double]

  public init(_ kind: Kind, timesteps: Int) {
    require(timesteps >= 2, "NoiseSchedule: \(timesteps) timesteps; at least 2 are needed")
    self.kind = kind
    self.timesteps = timesteps
    let betas =
      kind == .linear ? Self.linearBetas(timesteps) : Self.cosineBetas(timesteps)
    self.betas = betas
    var products = [1.0]
    // 1 − ᾱ by its own recursion: 1 − ᾱ_t = (1 − ᾱ_{t−1}) + ᾱ_{t−1} β_t loses no digits near 0.
    var complements = [0.0]
    for (t, beta) in betas.enumerated() {
      complements.append(complements[t] + products[t] * beta)
      products.append(products[t] * (1 - beta))
    }
    cumulativeAlphas = products
    let angles = zip(complements, products).map { atan2($0.squareRoot(), $1.squareRoot()) }
    self.angles = angles
    slopes = MonotoneCubic.slopes(angles)
  }

  private static func linearBetas(_ count: Int) -> [Double] {
    let scale = 1000 / Double(count)
    let (first, last) = (1e-4 * scale, 0.02 * scale)
    return (0..<count).map { min(0.999, first + (last - first) * Double($0) / Double(count - 1)) }
  }

  private static func cosineBetas(_ count: Int) -> [Double] {
    func f(_ t: Int) -> Double {
      let c = cos((Double(t) / Double(count) + 0.008) / 1.008 * Double.pi / 2)
      return c * c
    }
    return (1...count).map { min(0.999, 1 - f($0) / f($0 - 1)) }
  }

  /// The level of timestep t, 0 … T.
  public subscript(t: Int) -> NoiseLevel { NoiseLevel(time: Double(t), angle: angles[t]) }

  /// The level at a real time in 0 … T.
  public func level(at time: Double) -> NoiseLevel {
    NoiseLevel(time: time, angle: MonotoneCubic.value(angles, slopes, at: time))
  }

  /// The level at which the angle φ is `angle`, between those of timesteps 0 and T.
  public func level(atAngle angle: Double) -> NoiseLevel {
    NoiseLevel(time: MonotoneCubic.inverse(angles, slopes, of: angle), angle: angle)
  }

  /// ᾱ_t / (1 − ᾱ_t), t = 1 … T.
  public func signalToNoiseRatio(_ t: Int) -> Double { self[t].signalToNoiseRatio }

  /// The posterior q(x_{t−1} | x_t, y) = N(clean · y + noisy · x_t, variance · I), t = 1 … T
  /// (Ho et al. 2020, eq. 6-7).
  public func posterior(_ t: Int) -> DiffusionPosterior {
    DiffusionPosterior(from: self[t], to: self[t - 1])
  }
}

/// q(x_s | x_t, y) = N(clean · y + noisy · x_t, variance · I) for a level s before t.
public struct DiffusionPosterior: Sendable, Equatable {
  /// √ᾱ_s (1 − α) / (1 − ᾱ_t), where α = ᾱ_t / ᾱ_s: for neighbours √ᾱ_{t−1} β_t / (1 − ᾱ_t).
  public let clean: Double
  /// √α (1 − ᾱ_s) / (1 − ᾱ_t).
  public let noisy: Double
  /// β̃ = (1 − α) (1 − ᾱ_s) / (1 − ᾱ_t).
  public let variance: Double

  public init(from t: NoiseLevel, to s: NoiseLevel) {
    let ratio = t.signal / s.signal
    // 1 − α = sin(φ_t − φ_s) sin(φ_t + φ_s) / cos² φ_s, without cancellation.
    let beta = sin(t.angle - s.angle) * sin(t.angle + s.angle) / (s.signal * s.signal)
    let total = t.noise * t.noise
    clean = s.signal * beta / total
    noisy = ratio * s.noise * s.noise / total
    variance = beta * s.noise * s.noise / total
  }
}
