import Foundation
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct EvidenceLowerBoundTests {
  /// For y ~ N(0, 1) every expectation is known: E‖y − ŷ(x_t)‖² = 1 / (1 + SNR(t)).
  @Test(arguments: NoiseSchedule.Kind.allCases, [0, 40])
  func standardNormal(_ kind: NoiseSchedule.Kind, _ terms: Int) {
    let schedule = NoiseSchedule(kind, timesteps: 200)
    let count = 4000
    let denoiser = MixtureDenoiser(
      rowCount: count, weights: [1], means: [[0]], deviations: [1])
    var random = RandomSource(seed: 7)
    let y = Tensor.normal([count, 1], dtype: .float64, using: &random)
    let bound = EvidenceLowerBound(schedule: schedule, terms: terms)
    let values = bound(of: y, under: denoiser, using: &random)

    let ratios = [0] + (1...200).map { schedule.signalToNoiseRatio($0) }
    let beta = schedule.betas[0]
    var expected = -0.5 * log(2 * Double.pi * beta) - 0.5 / beta / (1 + ratios[1])
    for t in 2...200 {
      let posterior = schedule.posterior(t)
      let (variance, clean) = (schedule.betas[t - 1], posterior.clean)
      let ratio = posterior.variance / variance
      expected -= 0.5 * (ratio - 1 - log(ratio))
      expected -= 0.5 * clean * clean / variance / (1 + ratios[t])
    }
    expected += log(schedule[200].noise)
    let error = (values.variance(axis: 0).item() / Double(count)).squareRoot()
    let mean = values.mean().item()
    #expect(abs(mean - expected) < 5 * error, "\(mean) ± \(error), expected \(expected)")
    // The reverse steps are exact for N(0, 1), so the bound is minus its entropy.
    let truth = -0.5 * log(2 * Double.pi * M_E)
    #expect(abs(expected - truth) < 1e-6, "bound \(expected) on \(truth)")
  }

  @Test func boundsTheDensityOfAMixture() {
    let denoiser = MixtureDenoiser(
      prediction: .x, rowCount: 2000, weights: [0.3, 0.7], means: [[-1], [0.8]],
      deviations: [0.2, 0.4])
    let schedule = NoiseSchedule(.cosine, timesteps: 1000)
    var random = RandomSource(seed: 8)
    let draws = (0..<2000).map { _ -> Double in
      let k = random.uniform() < 0.3 ? 0 : 1
      return denoiser.means[k][0] + denoiser.deviations[k] * random.normal()
    }
    let y = Tensor(draws, shape: [2000, 1])
    let truth = draws.reduce(0) { $0 + denoiser.logDensity([$1]) } / 2000
    let values = EvidenceLowerBound(schedule: schedule, terms: 100)(
      of: y, under: denoiser, using: &random)
    let mean = values.mean().item()
    let error = (values.variance(axis: 0).item() / 2000).squareRoot()
    #expect(mean < truth + 4 * error && mean > truth - 0.05 - 4 * error, "\(mean) for \(truth)")
  }
}
