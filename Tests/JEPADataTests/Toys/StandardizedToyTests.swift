import Foundation
import JEPAData
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct StandardizedToyTests {
  @Test func drawsHaveUnitScaleAndDensitiesKeepTheirDistances() {
    let base = InverseSinusoid()
    let toy = StandardizedToy(base)
    var random = RandomSource(seed: 9)
    let (contexts, targets) = toy.sample(20_000, dtype: .float64, using: &random)
    for table in [contexts, targets] {
      #expect(abs(table.mean().item()) < 0.03)
      #expect(abs(table.variance(axis: 0).item() - 1) < 0.03)
    }
    // t is uniform on [0, 1]: its deviation is 1/√12.
    let shift = toy.conditionalEntropy() - base.conditionalEntropy()
    #expect(abs(shift - 0.5 * log(12)) < 0.02)
    let loss = -toy.logDensity(of: targets, given: contexts).mean().item()
    #expect(abs(loss - toy.conditionalEntropy()) < 0.02)
  }

  @Test func modesAndLabelsAreTheBases() {
    let toy = StandardizedToy(RingOfGaussians(), contexts: false)
    #expect(toy.label(of: [0, 0, 1, 0, 0]) == "3 modes")
    let modes = toy.modes(given: toy.exampleContexts)
    #expect(modes.map(\.count) == [1, 2, 3, 4, 5])
    // Both coordinates have about the ring's deviation, √(1/2) and the noise.
    #expect(abs(modes[0][0].radius - 0.3 / 0.72) < 0.08)
    let sinusoid = StandardizedToy(InverseSinusoid())
    #expect(
      sinusoid.label(of: sinusoid.exampleContexts.slice(axis: 0, 1..<2).doubles()) == "x = 0.35")
  }
}
