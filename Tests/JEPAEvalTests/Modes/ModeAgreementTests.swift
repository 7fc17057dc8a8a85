import JEPAData
import JEPADensity
import JEPAEval
import JEPATensor
import Testing

@Suite struct ModeAgreementTests {
  private func mode(_ location: Double, _ weight: Double) -> Mode {
    Mode(location: Tensor([location], shape: [1]), weight: weight, logDensity: 0)
  }

  @Test func countsByHand() {
    let truth = [
      [
        ToyMode(ridge: [[0]], weight: 0.5, radius: 0.1),
        ToyMode(ridge: [[1], [2]], weight: 0.5, radius: 0.1),
      ], [ToyMode(ridge: [[0]], weight: 1, radius: 0.1)],
    ]
    // Row 0: both found, the second twice; row 1: missed, and one elsewhere.
    let found = [[mode(0.05, 0.25), mode(1.2, 0.5), mode(2.05, 0.25)], [mode(3, 1)]]
    let agreement = ModeAgreement(found: found, truth: truth)
    #expect(agreement.trueCount == 3 && agreement.foundCount == 2)
    #expect(agreement.spuriousCount == 1 && !agreement.isExact)
    // Row 0: (|0.25 − 0.5| + |0.75 − 0.5|) / 2; row 1: (|0 − 1| + 1) / 2.
    #expect(abs(agreement.weightDistance - (0.25 + 1) / 2) < 1e-12)
    #expect(
      agreement.description == "2 of 3 modes found, 1 spurious, weights off by 0.625")
  }

  @Test func noRows() {
    let agreement = ModeAgreement(found: [], truth: [])
    #expect(agreement.isExact && agreement.recall == 1 && agreement.weightDistance == 0)
  }
}
