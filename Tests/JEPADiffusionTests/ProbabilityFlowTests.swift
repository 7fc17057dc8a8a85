import Foundation
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ProbabilityFlowTests {
  private static let points = [-1.6, -1.0, -0.7, -0.2, 0.1, 0.8, 1.5, 2.4]

  @Test(arguments: NoiseSchedule.Kind.allCases, DiffusionOptions.Integrator.allCases)
  func knownMixture(_ kind: NoiseSchedule.Kind, _ integrator: DiffusionOptions.Integrator) {
    let denoiser = MixtureDenoiser(
      rowCount: 8, weights: [0.3, 0.7], means: [[-1], [0.8]], deviations: [0.2, 0.4])
    let schedule = NoiseSchedule(kind, timesteps: 1000)
    let flow = ProbabilityFlow(
      schedule: schedule, integrator: integrator, steps: integrator == .heun ? 400 : 64)
    var random = RandomSource(seed: 1)
    let y = Tensor(Self.points, shape: [8, 1])
    let expected = Self.points.map { denoiser.logDensity([$0], blur: schedule.blur) }
    let exact = flow.logDensity(of: y, under: denoiser, trace: .exact, using: &random)
    // The linear schedule ends with √ᾱ = 0.0064, not quite N(0, I).
    let tolerance = kind == .linear ? 5e-3 : 1e-3
    expectClose(exact.doubles(), expected, absolute: tolerance, relative: 1e-3, "\(kind)")
    // In one dimension a sign squared is 1, and the estimate is exact too.
    let estimate = flow.logDensity(
      of: y, under: denoiser, trace: .hutchinson(probes: 1), using: &random)
    expectClose(estimate, exact, absolute: 1e-10, relative: 1e-10, "Hutchinson, \(kind)")
    let single = flow.logDensity(
      of: y.cast(to: .float32), under: denoiser, trace: .exact, using: &random)
    expectClose(single, exact, absolute: 2e-3, relative: 0, "float32, \(kind)")
  }

  @Test func knownCorrelatedGaussian() {
    var random = RandomSource(seed: 2)
    let count = 12
    let means = Tensor.normal([count, 1, 2], dtype: .float64, using: &random)
    let denoiser = CorrelatedDenoiser(means: means)
    let y =
      means.reshaped([count, 2]) + Tensor.normal([count, 2], dtype: .float64, using: &random)
    let schedule = NoiseSchedule(.linear, timesteps: 1000)
    let values = y.doubles()
    let expected = (0..<count).map {
      denoiser.logDensity((values[2 * $0], values[2 * $0 + 1]), row: $0, blur: schedule.blur)
    }
    let flow = ProbabilityFlow(schedule: schedule, steps: 64)
    let exact = flow.logDensity(of: y, under: denoiser, trace: .exact, using: &random)
    expectClose(exact.doubles(), expected, absolute: 0.02, relative: 2e-3, "exact trace")
    let estimates = flow.logDensity(
      of: y, under: denoiser, trace: .hutchinson(probes: 600), using: &random)
    expectClose(estimates, exact, absolute: 0.12, relative: 0, "mean of Hutchinson's estimates")
    var (a, b) = (RandomSource(seed: 3), RandomSource(seed: 4))
    let one = flow.logDensity(of: y, under: denoiser, trace: .hutchinson(probes: 1), using: &a)
    let other = flow.logDensity(of: y, under: denoiser, trace: .hutchinson(probes: 1), using: &b)
    #expect(one.doubles() != other.doubles(), "other signs, the same estimate")
  }

  /// For N(0, I) the velocity is 0 and nothing is left to integrate.
  @Test func standardNormal() {
    let denoiser = MixtureDenoiser(
      rowCount: 3, weights: [1], means: [[0, 0, 0]], deviations: [1])
    var random = RandomSource(seed: 5)
    let y = Tensor.normal([3, 3], dtype: .float64, using: &random)
    let schedule = NoiseSchedule(.cosine, timesteps: 1000)
    let flow = ProbabilityFlow(schedule: schedule, steps: 2)
    let actual = flow.logDensity(of: y, under: denoiser, trace: .exact, using: &random)
    let values = y.doubles()
    let expected = (0..<3).map {
      denoiser.logDensity(Array(values[3 * $0..<3 * $0 + 3]), blur: schedule.blur)
    }
    expectClose(actual.doubles(), expected, absolute: 1e-9, relative: 1e-9)
  }

  @Test func noRows() {
    let denoiser = MixtureDenoiser(rowCount: 0, weights: [1], means: [[0]], deviations: [1])
    var random = RandomSource(seed: 6)
    let flow = ProbabilityFlow(schedule: NoiseSchedule(.cosine, timesteps: 10), steps: 2)
    let none = flow.logDensity(
      of: .zeros([0, 1]), under: denoiser, trace: .exact, using: &random)
    #expect(none.shape == [0])
  }
}
