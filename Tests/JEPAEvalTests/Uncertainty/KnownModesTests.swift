import Foundation
import JEPADensity
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct KnownModesTests {
  private static let corners = Tensor([0, 0, 4, 0, 0, 3] as [Float], shape: [3, 2])

  private func modes(
    _ samples: [Float], rule: ModeRule = .init(), noise: Double = 0.1,
    probabilities: [Double] = [0.5, 0.25, 0.25], alternatives: Tensor? = nil
  ) -> ModeScores {
    let truth = TrueCompletions(
      embeddings: Self.corners, probabilities: probabilities, alternatives: alternatives)
    return ModeScores(
      samples: samples, stride: 2, count: samples.count / 2, truth: truth, noise: noise, rule: rule)
  }

  @Test func byHand() {
    // The radius is a third of 3. The third draw is 2 away from the mode nearest to it.
    let scores = modes([0, 0, 0.9, 0, 4, 2, 0, 3])
    #expect(scores.recall == 2.0 / 3 && scores.precision == 0.75)
    // 0.25 are elsewhere and missing at the second mode.
    #expect(scores.totalVariation == 0.25)
    expectClose([scores.entropy], [1.5 * log(2)], relative: 1e-12)
    // All at the first: one mode of three, and half the weight is in the wrong place.
    let collapsed = modes([0, 0, 0, 0, 0, 0, 0, 0])
    #expect(collapsed.recall == 1.0 / 3 && collapsed.totalVariation == 0.5)
    #expect(collapsed.entropy == 0 && collapsed.precision == 1)
  }

  @Test func alternativesAreWrong() {
    // The least distance is now 2, to the alternative.
    let scores = modes(
      [0, 0, -2, 0, -2, 0.1, 0, 0.9], alternatives: Tensor([-2, 0] as [Float], shape: [1, 2]))
    // One draw at the first mode, two at the alternative, one elsewhere.
    #expect(scores.precision == 0.25 && scores.recall == 1.0 / 3)
    #expect(scores.totalVariation == 0.75)
    expectClose([scores.entropy], [1.5 * log(2)], relative: 1e-12)
    // With an alternative, a single mode can be told from something.
    let single = TrueCompletions(
      embeddings: .zeros([1, 2]), probabilities: [1],
      alternatives: Tensor([0, 3, 0, 0.05] as [Float], shape: [2, 2]), mergingWithin: 0.2)
    #expect(single.alternatives.shape == [1, 2])
    let found = ModeScores(
      samples: [0, 0.5, 7, 3], stride: 2, count: 2, truth: single, noise: 0.1, rule: ModeRule())
    // In the plane of the two, which is a line, the second draw is at the alternative.
    #expect(found.recall == 1 && found.precision == 0.5 && found.totalVariation == 0.5)
  }

  /// Coordinates in which completions agree do not count.
  @Test func distancesAreThoseInThePlane() {
    let truth = TrueCompletions(
      embeddings: Tensor([1, 0, 5, 1, 4, 5] as [Float], shape: [2, 3]), probabilities: [0.5, 0.5])
    let plane = ModePlane(truth)
    #expect(plane.dimensions == 1)
    let (index, distance) = plane.nearest(to: [70, 3, -20])
    #expect(index == 1)
    expectClose([distance], [1], relative: 1e-6)
  }

  @Test func ruleByNoise() throws {
    var rule = ModeRule()
    rule.radius = .noise(multiple: 2)
    // 2 · 0.5 · √2 ≈ 1.41.
    #expect(modes([1.4, 0, 1.45, 0], rule: rule, noise: 0.5).precision == 0.5)
    let decoded = try JSONDecoder().decode(ModeRule.self, from: JSONEncoder().encode(rule))
    #expect(decoded == rule)
    rule.leastProbability = 0.3
    // Only the first mode is asked for.
    #expect(modes([0, 0, 0, 0], rule: rule).recall == 1)
    rule.leastProbability = 0.9
    #expect(modes([0, 0, 0, 0], rule: rule).recall.isNaN)
  }

  @Test func onePointCannotBeToldApart() {
    let truth = TrueCompletions(embeddings: .zeros([1, 1]), probabilities: [2])
    #expect(truth.probabilities == [1] && truth.entropy == 0)
    let scores = ModeScores(
      samples: [1, 2], stride: 1, count: 2, truth: truth, noise: 0.1, rule: ModeRule())
    #expect(scores.recall.isNaN && scores.precision.isNaN && scores.totalVariation.isNaN)
    #expect(scores.entropy == 0)
  }

  @Test func completionsThatAreAlikeAreOne() {
    let points = Tensor([0, 0.1, 5, 7] as [Float], shape: [4, 1])
    let truth = TrueCompletions(
      embeddings: points, probabilities: [1, 1, 2, 0], mergingWithin: 0.2)
    #expect(truth.count == 2 && truth.probabilities == [0.5, 0.5])
    expectClose([truth.entropy], [log(2)], relative: 1e-12)
  }

  /// The truth as a head: its density is that of a mixture, and its draws follow it.
  @Test func truthIsADensity() {
    let row = TrueCompletions(
      embeddings: Tensor([-1, 3] as [Float], shape: [2, 1]), probabilities: [0.25, 0.75])
    let density = CompletionDensity(rows: [row, row], noise: 0.5)
    let y = Tensor([0.2, 3] as [Float], shape: [2, 1])
    let expected = [0.2, 3.0].map { y -> Double in
      func normal(_ mean: Double) -> Double {
        exp(-2 * (y - mean) * (y - mean)) / (0.5 * (2 * Double.pi).squareRoot())
      }
      return log(0.25 * normal(-1) + 0.75 * normal(3))
    }
    expectClose(density.logDensity(of: y).doubles(), expected, relative: 1e-6)
    var random = RandomSource(seed: 2)
    expectClose(density.mean(using: &random).doubles(), [2, 2], relative: 1e-6)
    let draws = density.sample(20_000, using: &random)
    expectClose(draws.mean(axis: 0).doubles(), [2, 2], absolute: 0.05, relative: 0)
    expectClose(draws.variance(axis: 0).doubles(), [3.25, 3.25], absolute: 0.1, relative: 0)
  }

  /// Rows with two or three far modes; scored as the truth itself, as its one mode of the mean, and with
  /// a mode missing.
  private func report(
    seed: UInt64 = 4, _ head: (CompletionDensity) -> CompletionDensity
  ) throws -> UncertaintyReport {
    var random = RandomSource(seed: 8)
    let rows = (0..<120).map { index -> TrueCompletions in
      let count = 2 + index % 2
      return TrueCompletions(
        embeddings: Tensor.normal([count, 20], using: &random) * 3,
        probabilities: count == 2 ? [0.5, 0.5] : [0.4, 0.3, 0.3])
    }
    let truth = CompletionDensity(rows: rows, noise: 0.2)
    let targets = truth.sample(1, using: &random).reshaped([120, 20])
    let scores = try UncertaintyScorer(dimensions: 20).score(
      head(truth), targets: targets, images: (0..<120).map { $0 / 3 }, truth: truth,
      using: RandomSource(seed: seed))
    return try UncertaintyReport(
      scores, settings: .init(), targetNoise: 0.2, resamples: 200, using: RandomSource(seed: 5))
  }

  private func mean(_ report: UncertaintyReport, _ metric: UncertaintyMetric) throws -> Double {
    try #require(report.metrics[metric]?.mean.value)
  }

  @Test func theTruthScoresAsItself() throws {
    let report = try report { $0 }
    #expect(try mean(report, .nllMinusTrue) == 0)
    // Other draws than the truth's own, whose difference is chance: with distances of 19, about
    // √2 · 19 / (2 · 8) for a row, and 0.07 for the mean of 4 · 120.
    let differences = try (1...4).map { seed in
      try mean(self.report(seed: seed) { $0 }, .energyScoreMinusTrue)
    }
    #expect(abs(differences.reduce(0, +) / 4) < 0.2, "\(differences)")
    #expect(try mean(report, .modeRecall) > 0.98)
    expectClose([try mean(report, .modePrecision)], [1], relative: 1e-12)
    // What 64 draws leave by chance: E|B − Mp| / M ≈ √(2 p q / (π M)) a mode.
    #expect(try mean(report, .modeTotalVariation) < 0.09)
    let modes = try #require(report.modes)
    expectClose([try #require(modes.diversity.value)], [1], absolute: 0.03, relative: 0)
    #expect(try #require(modes.entropyCorrelation.value) > 0.8)
    #expect(try mean(report, .hdrCoverage80) > 0.65)
  }

  @Test func oneBlurredModeIsNotPrecise() throws {
    let report = try report { truth in
      var random = RandomSource(seed: 0)
      let means = truth.mean(using: &random)
      return CompletionDensity(
        rows: (0..<120).map {
          TrueCompletions(embeddings: means.slice(axis: 0, $0..<$0 + 1), probabilities: [1])
        }, noise: 3)
    }
    // About P(|z| > 1) of the draws come within a third of the distance of a mode.
    #expect(try mean(report, .modePrecision) < 0.4 && mean(report, .modeRecall) < 0.1)
    #expect(try mean(report, .trueModePrecision) == 1)
    #expect(try mean(report, .nllMinusTrue) > 10)
    #expect(try mean(report, .energyScoreMinusTrue) > 0.5)
    #expect(try #require(report.modes?.diversity.value) > 1.5)
  }

  @Test func aMissingModeIsMissed() throws {
    let report = try report { truth in
      CompletionDensity(
        rows: truth.rows.map {
          TrueCompletions(
            embeddings: $0.embeddings, probabilities: [0] + $0.probabilities.dropFirst())
        }, noise: 0.2)
    }
    expectClose([try mean(report, .modeRecall)], [(0.5 + 2.0 / 3) / 2], relative: 1e-9)
    #expect(try mean(report, .modePrecision) == 1)
    #expect(try #require(report.modes?.diversity.value) < 0.6)
  }
}
