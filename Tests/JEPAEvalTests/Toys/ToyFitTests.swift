import Foundation
import JEPAData
import JEPADensity
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ToyFitTests {
  private let settings = DensityFitSettings(
    epochs: 10, batchSize: 100, learningRate: 0.05, weightDecay: 0)

  @Test func oneGaussianFitsOneGaussian() throws {
    let toy = RingOfGaussians(modeCounts: [1], radius: 1, deviation: 0.5)
    let fit = try ToyFit(
      GaussianHead(contextDimensions: 1, targetDimensions: 2), to: toy, trainingCount: 4000,
      settings: settings, random: RandomSource(seed: 1))
    #expect(fit.shortcomings().isEmpty, "\(fit.summary)")
    #expect(!fit.isEstimate && (fit.excessLoss ?? 1) < 0.01 && (fit.excessLoss ?? -1) > -0.01)
    #expect(fit.modes.count == 1 && fit.agreement.isExact)
    #expect(fit.summary.contains("1 of 1 modes found"))
    #expect(fit.caption.hasSuffix("nats above the truth on the same rows, 1 of 1 modes"))
    let picture = fit.picture(title: "One", named: "Gaussian", random: RandomSource(seed: 2))
    #expect(picture.rows[0].panels[1].marks.count == 1 && picture.subtitle == fit.caption)
  }

  @Test func oneGaussianDoesNotFitTwo() throws {
    let toy = RingOfGaussians(modeCounts: [2])
    let fit = try ToyFit(
      GaussianHead(contextDimensions: 1, targetDimensions: 2), to: toy, trainingCount: 4000,
      settings: settings, random: RandomSource(seed: 1))
    // The variance is (1 + 2σ²) / 2 per coordinate at best; the rest by hand.
    let variance = 0.5 + 0.15 * 0.15
    let expected = log(2 * Double.pi * M_E * variance)
    #expect(abs((fit.heldOutLoss ?? 0) - expected) < 0.05)
    #expect(abs((fit.excessLoss ?? 0) - (expected - fit.entropy)) < 0.05)
    #expect(fit.shortcomings().count == 2, "\(fit.shortcomings())")
  }

  @Test func fourierFeaturesByHand() {
    let head = FourierContext(
      GaussianHead(contextDimensions: 5, targetDimensions: 1), count: 2, period: 4)
    #expect(FourierContext<GaussianHead>.dimensions(of: 1, count: 2) == 5)
    let features = head(Tensor([1 as Float, 0.5], shape: [2, 1])).features
    let half = 0.5.squareRoot()
    expectClose(
      features.doubles(), [1, 1, 0, 0, -1, 0.5, half, half, 1, 0], absolute: 1e-6, relative: 0)
    #expect(head.namedParameters().map(\.name) == ["mean.weight", "mean.bias", "log_scale"])
  }
}
