import Foundation
import JEPATensor

/// One level of noise: x = signal · y + noise · ε with signal² + noise² = 1.
public struct NoiseLevel: Sendable, Equatable {
  /// The time on the schedule, 0 (clean) … T.
  public let time: Double
  /// φ with signal = cos φ and noise = sin φ.
  public let angle: Double
  /// √ᾱ.
  public let signal: Double
  /// √(1 − ᾱ).
  public let noise: Double

  public init(time: Double, angle: Double) {
    self.time = time
    self.angle = angle
    signal = cos(angle)
    noise = sin(angle)
  }

  /// ᾱ / (1 − ᾱ).
  public var signalToNoiseRatio: Double { (signal / noise) * (signal / noise) }

  /// An estimate of `quantity` at noised targets `x` as an estimate of another quantity: the three
  /// are linear in each other for a given x.
  ///
  /// ε and x at the ends of the schedule divide by a small number: ε-predictions by the signal, clean
  /// predictions by the noise.
  public func convert(
    _ estimate: Tensor, from quantity: DiffusionQuantity, to target: DiffusionQuantity, at x: Tensor
  ) -> Tensor {
    let (c, s) = (signal, noise)
    return switch (quantity, target) {
    case (.epsilon, .epsilon), (.v, .v), (.x, .x): estimate
    case (.v, .x): x * c - estimate * s
    case (.v, .epsilon): x * s + estimate * c
    case (.epsilon, .x): (x - estimate * s) / c
    case (.epsilon, .v): (estimate - x * s) / c
    case (.x, .epsilon): (x - estimate * c) / s
    case (.x, .v): (x * c - estimate) / s
    }
  }
}
