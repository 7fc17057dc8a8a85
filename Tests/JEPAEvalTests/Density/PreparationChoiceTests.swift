import JEPAEval
import Testing

@Suite struct PreparationChoiceTests {
  private static func choice(
    noise: Double? = nil, whitening: Bool? = nil,
    _ validation: (DensityPreparation) -> Double?
  ) -> PreparationChoice {
    PreparationChoice(
      noise: 0.1, fixedNoise: noise, fixedWhitening: whitening, validation: validation)
  }

  @Test func noNoiseWhereItCosts() {
    let choice = Self.choice { -1 - $0.noise - ($0.whitening ? 0 : 1) }
    #expect(choice.chosen == DensityPreparation(noise: 0, whitening: true))
    #expect(choice.tried.map(\.preparation.noise) == [0.1, 0.1, 0.03, 0])
    #expect(choice.tried.map(\.preparation.whitening) == [false, true, true, true])
    #expect(choice.tried[0].validation == -2.1)
  }

  @Test func noiseWhereItHelps() {
    let choice = Self.choice { $0.noise - ($0.whitening ? 1 : 0) }
    #expect(choice.chosen == DensityPreparation(noise: 0.1, whitening: false))
  }

  @Test func ofEqualsTheLessNoise() {
    #expect(Self.choice { _ in 0 }.chosen == DensityPreparation(noise: 0, whitening: true))
  }

  /// A table that cannot be whitened, and a fit that gives no number.
  @Test func whatFailsIsNotChosen() {
    let choice = Self.choice { $0.whitening ? nil : $0.noise == 0 ? .infinity : $0.noise }
    #expect(choice.chosen == DensityPreparation(noise: 0.1, whitening: false))
    #expect(choice.tried.count == 4 && choice.tried[1].validation == nil)
  }

  @Test func whatIsGivenIsNotTried() {
    let noise = Self.choice(noise: 0.2) { $0.whitening ? 1 : 0 }
    #expect(noise.chosen == DensityPreparation(noise: 0.2, whitening: true))
    #expect(noise.tried.count == 2)
    let whitening = Self.choice(whitening: false) { -$0.noise }
    #expect(whitening.chosen == DensityPreparation(noise: 0, whitening: false))
    #expect(whitening.tried.count == 3 && whitening.tried.allSatisfy { !$0.preparation.whitening })
    let both = Self.choice(noise: 0, whitening: true) { _ in nil }
    #expect(both.chosen == DensityPreparation(noise: 0, whitening: true))
  }
}
