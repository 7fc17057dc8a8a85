import Foundation
import JEPAData
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct RingOfGaussiansTests {
  @Test func oneGaussianByHand() {
    let toy = RingOfGaussians(modeCounts: [1], radius: 2, deviation: 0.5)
    // The only centre is (0, 2); one σ to the right costs half a nat.
    let peak = -log(2 * Double.pi * 0.25)
    let logDensity = toy.logDensity(
      of: Tensor([0, 2, 0.5, 2], shape: [2, 2]), given: .ones([2, 1], dtype: .float64))
    expectClose(logDensity.doubles(), [peak, peak - 0.5], relative: 1e-12)
    #expect(abs(toy.conditionalEntropy() - log(2 * Double.pi * M_E * 0.25)) < 1e-8)
  }

  @Test func farApartEntropyIsTheSumOfTheParts() {
    let toy = RingOfGaussians(modeCounts: [1, 2, 4], radius: 30, deviation: 1)
    let expected = log(2 * Double.pi * M_E) + (0 + log(2.0) + log(4.0)) / 3
    #expect(abs(toy.conditionalEntropy() - expected) < 1e-8)
  }

  /// 20 × 20,000 draws: one standard error is 0.0018 nats.
  @Test func drawsHaveTheEntropy() {
    let toy = RingOfGaussians()
    let means = parallelMap(20) { seed in
      var random = RandomSource(seed: UInt64(seed)).split("draws")
      let (contexts, targets) = toy.sample(20_000, dtype: .float64, using: &random)
      return -toy.logDensity(of: targets, given: contexts).mean().item()
    }
    #expect(abs(means.reduce(0, +) / 20 - toy.conditionalEntropy()) < 0.006)
  }

  @Test func contextChoosesTheNumberOfModes() {
    let toy = RingOfGaussians(modeCounts: [2, 5, 3])
    #expect(toy.modes(given: toy.exampleContexts).map(\.count) == [2, 5, 3])
    #expect(toy.label(of: [0, 1, 0]) == "5 modes")
    let far = toy.logDensity(
      of: Tensor([1e6, 0], shape: [1, 2]), given: Tensor([1, 0, 0], shape: [1, 3]))
    #expect(far.item() < -1e12 && far.item().isFinite)
  }
}
