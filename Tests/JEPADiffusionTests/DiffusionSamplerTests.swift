import Foundation
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct DiffusionSamplerTests {
  private static func mixture(_ prediction: DiffusionQuantity) -> MixtureDenoiser {
    MixtureDenoiser(
      prediction: prediction, rowCount: 1, weights: [0.3, 0.7], means: [[-1], [0.8]],
      deviations: [0.2, 0.4])
  }

  private static func distance(_ draws: [Double], _ cumulative: (Double) -> Double) -> Double {
    let sorted = draws.sorted()
    let count = Double(sorted.count)
    return sorted.enumerated().reduce(0) {
      let expected = cumulative($1.element)
      return max(
        $0, abs(Double($1.offset) / count - expected), abs(Double($1.offset + 1) / count - expected)
      )
    }
  }

  @Test(arguments: [
    (DiffusionQuantity.v, NoiseSchedule.Kind.cosine, DiffusionOptions.Sampler.ddim, 200, 0.0),
    (.x, .cosine, .ddim, 200, 0.0), (.epsilon, .linear, .ddim, 200, 0.0),
    (.v, .linear, .ddim, 500, 0.5), (.v, .cosine, .ancestral, 500, 0.0),
    (.epsilon, .linear, .ancestral, 500, 0.0),
  ])
  func drawsFollowAKnownMixture(
    _ prediction: DiffusionQuantity, _ kind: NoiseSchedule.Kind,
    _ sampler: DiffusionOptions.Sampler, _ steps: Int, _ eta: Double
  ) {
    let denoiser = Self.mixture(prediction)
    let sampler = DiffusionSampler(
      schedule: NoiseSchedule(kind, timesteps: 1000), sampler: sampler, steps: steps, eta: eta)
    var random = RandomSource(seed: 3)
    let count = 4000
    let draws = sampler.sample(
      count, dimensions: 1, from: denoiser, dtype: .float64, using: &random)
    let worst = Self.distance(draws.doubles(), denoiser.cumulative)
    // 2 / √n for chance, the rest for the finite number of steps.
    #expect(worst < 2 / Double(count).squareRoot() + 0.01, "Kolmogorov distance \(worst)")
  }

  @Test func everyRowHasItsOwnDistribution() {
    let means = Tensor([0.0, 0, 2, -1, -3, 1], shape: [3, 1, 2])
    let denoiser = CorrelatedDenoiser(means: means)
    let sampler = DiffusionSampler(schedule: NoiseSchedule(.linear, timesteps: 1000), steps: 200)
    var random = RandomSource(seed: 4)
    let count = 3000
    let draws = sampler.sample(
      count, dimensions: 2, from: denoiser, dtype: .float64, using: &random)
    #expect(draws.shape == [count, 3, 2])
    let mean = draws.mean(axis: 0)
    expectClose(mean, means.reshaped([3, 2]), absolute: 0.1, relative: 0)
    let centred = draws - mean
    let error = 5 * 1.5 * (2 / Double(count)).squareRoot()
    expectClose(
      centred.square().mean(axis: 0).doubles(), [1.5, 0.4, 1.5, 0.4, 1.5, 0.4], absolute: error,
      relative: 0)
    let (a, b) = (centred.slice(axis: 2, 0..<1), centred.slice(axis: 2, 1..<2))
    expectClose((a * b).mean(axis: 0).doubles(), [0.6, 0.6, 0.6], absolute: error, relative: 0)
  }

  /// DDIM with η = 1 takes the posterior's steps.
  @Test func ancestralIsDDIMWithFullNoise() {
    let denoiser = Self.mixture(.v)
    let schedule = NoiseSchedule(.cosine, timesteps: 100)
    var (first, second) = (RandomSource(seed: 5), RandomSource(seed: 5))
    let ancestral = DiffusionSampler(schedule: schedule, sampler: .ancestral, steps: 100)
      .sample(50, dimensions: 1, from: denoiser, dtype: .float64, using: &first)
    let implicit = DiffusionSampler(schedule: schedule, sampler: .ddim, steps: 100, eta: 1)
      .sample(50, dimensions: 1, from: denoiser, dtype: .float64, using: &second)
    expectClose(implicit, ancestral, absolute: 1e-8, relative: 1e-8)
  }

  @Test func levelsVisited() {
    let schedule = NoiseSchedule(.linear, timesteps: 10)
    func times(_ steps: Int) -> [Double] {
      DiffusionSampler(schedule: schedule, steps: steps).levels.map(\.time)
    }
    #expect(times(10) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(times(4) == [10, 7, 4, 1, 0])
    #expect(times(1) == [10, 0])
  }

  @Test func noDrawsAndNoRows() {
    var random = RandomSource(seed: 6)
    let sampler = DiffusionSampler(schedule: NoiseSchedule(.linear, timesteps: 10), steps: 3)
    var denoiser = Self.mixture(.v)
    #expect(
      sampler.sample(0, dimensions: 1, from: denoiser, dtype: .float32, using: &random).shape
        == [0, 1, 1])
    denoiser.rowCount = 0
    #expect(
      sampler.sample(5, dimensions: 1, from: denoiser, dtype: .float32, using: &random).shape
        == [5, 0, 1])
  }
}
