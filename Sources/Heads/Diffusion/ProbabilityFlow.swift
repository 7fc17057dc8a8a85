import Foundation
import JEPATensor

/// The density of a diffusion model by its probability-flow equation (Song et al. 2021, §4.3 and
/// appendix D), given its denoiser.
///
/// With φ = arccos √ᾱ the equation is dx/dφ = v(x, φ), and log p changes along a solution by
/// −∫ tr(∂v/∂x) dφ. It is integrated from the first timestep, φ_1, where x = √ᾱ_1 y, to the last,
/// where x is N(0, I):
///
///     log p(y) = log N(x_T; 0, I) + ∫ tr(∂v/∂x) dφ + D log √ᾱ_1 .
///
/// So the density is that of targets blurred by the first timestep's noise, whose standard deviation
/// is √(1/ᾱ_1 − 1): 0.0064 for the cosine and 0.010 for the linear schedule with T = 1000, in units of
/// the data's scale. It integrates to 1, and is low by about that width beside an edge of the truth.
/// Steps are even in φ^(1/ρ), ρ = 7 (after Karras et al. 2022): short where there is little noise.
public struct ProbabilityFlow: Sendable {
  /// How the trace of ∂v/∂x is found.
  public enum Trace: Sendable, Equatable {
    /// D vector-Jacobian products.
    case exact
    /// uᵀ (∂v/∂x) u averaged over random sign vectors u, which stay the same along a solution
    /// (Hutchinson 1990, Grathwohl et al. 2019). Unbiased.
    case hutchinson(probes: Int)
  }

  public let schedule: NoiseSchedule
  public var integrator: DiffusionOptions.Integrator
  public var steps: Int

  public init(
    schedule: NoiseSchedule, integrator: DiffusionOptions.Integrator = .rk4, steps: Int = 32
  ) {
    require(steps > 0, "ProbabilityFlow: \(steps) steps")
    self.schedule = schedule
    self.integrator = integrator
    self.steps = steps
  }

  /// log p per row, in nats: [N].
  ///
  /// - Parameter y: [N, D], in the network's scale.
  public func logDensity<D: Denoiser>(
    of y: Tensor, under denoiser: D, trace: Trace, using random: inout RandomSource
  ) -> Tensor {
    require(
      y.rank == 2 && y.shape[0] == denoiser.rowCount,
      "ProbabilityFlow: targets \(y.shape) for \(denoiser.rowCount) rows")
    let y = y.detached()
    let copies = trace == .exact ? y.shape[1] : Self.probes(trace)
    let size = max(16, 256 / max(copies, 1))
    return RowChunks.map(y.shape[0], size: size, using: &random) { rows, source in
      integrate(
        y.slice(axis: 0, rows), denoiser.selectingRows(Array(rows)), trace, &source)
    } ?? .zeros([0], dtype: y.dtype)
  }

  private static func probes(_ trace: Trace) -> Int {
    if case .hutchinson(let probes) = trace { return probes }
    return 1
  }

  /// The angle at u in [0, 1] and dφ/du.
  private func angle(_ u: Double) -> (value: Double, slope: Double) {
    let rho = 7.0
    let first = pow(schedule[1].angle, 1 / rho)
    let span = pow(schedule[schedule.timesteps].angle, 1 / rho) - first
    let root = first + u * span
    return (pow(root, rho), rho * span * pow(root, rho - 1))
  }

  private func integrate<D: Denoiser>(
    _ y: Tensor, _ denoiser: D, _ trace: Trace, _ random: inout RandomSource
  ) -> Tensor {
    let (rows, dimensions) = (y.shape[0], y.shape[1])
    let vectors = Self.vectors(trace, rows, dimensions, y.dtype, &random)
    var x = y.reshaped([rows, 1, dimensions]) * schedule[1].signal
    var change = Tensor.zeros([rows], dtype: y.dtype)
    let h = 1 / Double(steps)

    func slope(_ x: Tensor, _ u: Double) -> (Tensor, Tensor) {
      let (angle, rate) = angle(u)
      let (v, trace) = velocity(x, schedule.level(atAngle: angle), denoiser, vectors)
      return (v * rate, trace * rate)
    }
    for step in 0..<steps {
      let u = Double(step) * h
      let (a, ta) = slope(x, u)
      switch integrator {
      case .heun:
        let (b, tb) = slope(x + a * h, u + h)
        x = x + (a + b) * (h / 2)
        change = change + (ta + tb) * (h / 2)
      case .rk4:
        let (b, tb) = slope(x + a * (h / 2), u + h / 2)
        let (c, tc) = slope(x + b * (h / 2), u + h / 2)
        let (d, td) = slope(x + c * h, u + h)
        x = x + (a + (b + c) * 2.0 + d) * (h / 6)
        change = change + (ta + (tb + tc) * 2.0 + td) * (h / 6)
      }
    }
    let d = Double(dimensions)
    let prior = x.reshaped([rows, dimensions]).square().sum(axis: 1) * -0.5
    return prior + change + d * (log(schedule[1].signal) - 0.5 * log(2 * Double.pi))
  }

  /// The vectors u of the trace: [N, K, D], with the factor that belongs to each product's sum.
  private static func vectors(
    _ trace: Trace, _ rows: Int, _ dimensions: Int, _ dtype: DType, _ random: inout RandomSource
  ) -> (u: Tensor, scale: Double) {
    switch trace {
    case .exact:
      let unit = Tensor.identity(dimensions, dtype: dtype).reshaped([1, dimensions, dimensions])
      return (unit.broadcast(to: [rows, dimensions, dimensions]), 1)
    case .hutchinson(let probes):
      let signs = Tensor.randomSigns([rows, probes, dimensions], dtype: dtype, using: &random)
      return (signs, 1 / Double(probes))
    }
  }

  /// v at x [N, 1, D], and the trace of its Jacobian [N].
  private func velocity<D: Denoiser>(
    _ x: Tensor, _ level: NoiseLevel, _ denoiser: D, _ vectors: (u: Tensor, scale: Double)
  ) -> (Tensor, Tensor) {
    let u = vectors.u
    let copies = x.broadcast(to: u.shape)
    let (value, gradients) = valueAndGradients(at: [copies], upstream: u) {
      denoiser.estimate(of: .v, at: $0[0], level)
    }
    let product = (gradients[0] ?? .zeros(u.shape, dtype: x.dtype)) * u
    let trace = product.reshaped([u.shape[0], u.shape[1] * u.shape[2]]).sum(axis: 1)
    return (value.slice(axis: 1, 0..<1), trace * vectors.scale)
  }
}
