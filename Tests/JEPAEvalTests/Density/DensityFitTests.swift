import Foundation
import JEPA
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct DensityFitTests {
  /// y = c · (1, −2) + (3, 0) + noise of deviation (0.5, 2).
  private static func rows(_ count: Int, seed: UInt64) -> (targets: Tensor, contexts: Tensor) {
    var random = RandomSource(seed: seed)
    let contexts = Tensor.normal([count, 1], using: &random)
    let noise = Tensor.normal([count, 2], using: &random)
    let targets =
      matmul(contexts, Tensor([1, -2] as [Float], shape: [1, 2]))
      + Tensor([3, 0] as [Float], shape: [2]) + noise * Tensor([0.5, 2] as [Float], shape: [2])
    return (targets, contexts)
  }

  private static let quick = DensityFitSettings(
    epochs: 60, batchSize: 64, learningRate: 0.1, weightDecay: 0, gradientClip: 0)

  /// The most likely parameters are least squares' and the residuals' deviations.
  @Test func reachesTheMostLikelyParameters() throws {
    let (y, x) = Self.rows(600, seed: 1)
    let fit = try DensityFit(
      LinearGaussianHead(contextDimensions: 1, targetDimensions: 2), targets: y, contexts: x,
      settings: Self.quick, random: RandomSource(seed: 1))
    let best = try GaussianDensity(targets: y, contexts: x)
    let diagonal = [0, 3].map { log(best.covariance.doubles()[$0]) / 2 }
    expectClose(
      fit.head.proj.weight.doubles(), Array(best.coefficients.doubles()[..<2]), absolute: 0.02,
      relative: 0)
    expectClose(fit.head.logScale.doubles(), diagonal, absolute: 0.02, relative: 0)
    #expect(fit.history.count == 60 && fit.bestEpoch == 60)
    #expect(fit.history.allSatisfy { $0.validationLoss == nil })
    #expect(fit.history.map(\.epoch) == Array(1...60))
    let last = try #require(fit.history.last?.trainingLoss)
    expectClose(
      [last], [-fit.head(x).logDensity(of: y).mean().item()], absolute: 0.01, relative: 0)
  }

  /// It would be divided by the rows once more.
  @Test func aLossThatIsAMeanIsRefused() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (y, x) = Self.rows(10, seed: 2)
      _ = try DensityFit(
        PlainHead(shaping: { distance, _ in distance.mean() }), targets: y, contexts: x,
        settings: Self.quick, random: RandomSource(seed: 1))
    }
    expectOneLine(
      result, "PlainPrediction.loss: [] for targets [10, 2]", "one value a row, [10]",
      "leave out mean()")
  }

  @Test func contextsMayHaveNoColumns() throws {
    let (y, _) = Self.rows(300, seed: 2)
    let fit = try DensityFit(
      LinearGaussianHead(contextDimensions: 0, targetDimensions: 2), targets: y,
      contexts: .zeros([300, 0]), validationTargets: y, settings: Self.quick,
      random: RandomSource(seed: 1))
    let mean = y.mean(axis: 0).doubles()
    expectClose(try #require(fit.head.proj.bias).doubles(), mean, absolute: 0.05, relative: 0)
    #expect(fit.history.last?.validationLoss != nil)
  }

  /// More rows than one shard holds; the sums' order is fixed.
  @Test func threadsDoNotChangeTheResult() throws {
    let (y, x) = Self.rows(2500, seed: 3)
    let fits = try parallelMap(2, threads: 1) { run -> DensityFit<LinearGaussianHead> in
      let threads = Parallelism.threads
      Parallelism.threads = run == 0 ? 1 : 3
      defer { Parallelism.threads = threads }
      return try DensityFit(
        LinearGaussianHead(contextDimensions: 1, targetDimensions: 2), targets: y, contexts: x,
        validationTargets: y, validationContexts: x,
        settings: .init(epochs: 3, batchSize: 2200, noise: 0.1, averaging: 0.9),
        random: RandomSource(seed: 1))
    }
    #expect(fits[0].history == fits[1].history)
    expectSameBits(fits[0].head.proj.weight, fits[1].head.proj.weight)
    expectSameBits(fits[0].head.logScale, fits[1].head.logScale)
  }

  /// The head of the best epoch comes back, and patience ends what goes nowhere.
  @Test func stopsAndReturnsTheBest() throws {
    let (y, x) = Self.rows(64, seed: 4)
    let (other, context) = Self.rows(64, seed: 5)
    // Validation rows elsewhere: first on the way to the training rows, then left behind.
    let between = other * 0.4
    var seen: [Int] = []
    let fit = try DensityFit(
      LinearGaussianHead(contextDimensions: 1, targetDimensions: 2), targets: y, contexts: x,
      validationTargets: between, validationContexts: context,
      settings: .init(
        epochs: 400, batchSize: 64, learningRate: 0.05, weightDecay: 0, patience: 7),
      random: RandomSource(seed: 1)
    ) { seen.append($0.epoch) }
    let values = fit.history.compactMap(\.validationLoss)
    let best = try #require(values.min())
    #expect(fit.history.count == fit.bestEpoch + 7 && fit.history.count < 400)
    #expect(values[fit.bestEpoch - 1] == best && seen == fit.history.map(\.epoch))
    let again = -fit.head(context).logDensity(of: between).mean().item()
    expectClose([again], [best], relative: 1e-6)
  }

  /// A loss with random parts is validated with the same draws each time.
  @Test func lossesStandInForDensities() throws {
    let (y, _) = Self.rows(200, seed: 6)
    let empty = Tensor.zeros([200, 0])
    let fit = try DensityFit(
      PlainHead(noise: 1), targets: y, contexts: empty, validationTargets: y,
      settings: .init(epochs: 2, learningRate: 1e-30), random: RandomSource(seed: 9))
    let values = fit.history.compactMap(\.validationLoss)
    let value = try #require(values.first)
    #expect(values == [value, value])
    // 200 rows, 20 draws each: the mean of 4,000 standard normal draws remains.
    let exact = (y.square().sum(axis: 1) * 0.5).mean().item()
    expectClose([value], [exact], absolute: 5 / 4000.0.squareRoot(), relative: 0)
    #expect(value != exact)
  }

  /// The loss of data with noise of deviation σ around the mean is higher by D σ²/2.
  @Test func noiseIsAddedToTrainingTargetsOnly() throws {
    let y = Tensor.zeros([4000, 2])
    let fit = try DensityFit(
      PlainHead(), targets: y, contexts: .zeros([4000, 0]), validationTargets: y,
      settings: .init(epochs: 1, batchSize: 4000, learningRate: 1e-9, noise: 0.5),
      random: RandomSource(seed: 1))
    let epoch = try #require(fit.history.first)
    expectClose([epoch.trainingLoss], [0.25], absolute: 0.02, relative: 0)
    expectClose([try #require(epoch.validationLoss)], [0], absolute: 1e-9, relative: 0)
  }

  @Test func averagingSmoothsTheWeights() throws {
    let (y, x) = Self.rows(100, seed: 7)
    func fit(_ averaging: Double) throws -> LinearGaussianHead {
      try DensityFit(
        LinearGaussianHead(contextDimensions: 1, targetDimensions: 2), targets: y, contexts: x,
        settings: .init(
          epochs: 2, batchSize: 100, learningRate: 0.1, finalLearningRate: 0.1, warmUpEpochs: 0,
          averaging: averaging), random: RandomSource(seed: 1)
      ).head
    }
    // Momenta 1/10 and 2/11 of a young average; AdamW's first two steps are about 0.1 long each.
    let (plain, average) = (try fit(0), try fit(0.5))
    let ratio = average.proj.weight.doubles()[0] / plain.proj.weight.doubles()[0]
    expectClose([ratio], [(0.09 * 2 / 11 + 0.2 * 9 / 11) / 0.2], absolute: 0.02, relative: 0)
  }

  @Test func gradientsAreShortened() throws {
    // Adam's steps do not depend on the gradients' scale, but on how it changes between steps.
    let (y, x) = Self.rows(64, seed: 8)
    let (large, clips) = (y * 100, [0.0, 1e-3])
    let heads = try clips.map { clip in
      try DensityFit(
        LinearGaussianHead(contextDimensions: 1, targetDimensions: 2), targets: large,
        contexts: x, settings: .init(epochs: 5, batchSize: 16, gradientClip: clip),
        random: RandomSource(seed: 1)
      ).head.proj.weight.doubles()
    }
    #expect(heads[0] != heads[1] && heads.allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  @Test func whatIsNotFiniteIsNamed() throws {
    let y = Tensor.zeros([8, 2]), x = Tensor.zeros([8, 0])
    func failure(_ shaping: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> DensityFitError? {
      #expect(throws: DensityFitError.self) {
        try DensityFit(
          PlainHead(shaping: shaping), targets: y, contexts: x,
          settings: .init(epochs: 2, batchSize: 8), random: RandomSource(seed: 1))
      }
    }
    #expect(
      failure { distance, _ in distance / 0 } == .notFinite(quantity: "training loss", epoch: 1))
    // √0 has a value, and no derivative.
    #expect(
      failure { distance, location in distance + location.square().sum().squareRoot() }
        == .notFinite(quantity: "gradient of location", epoch: 1))
    let error = DensityFitError.notFinite(quantity: "training loss", epoch: 3)
    #expect("\(error)".hasPrefix("the training loss is not finite in epoch 3; "))
  }

  @Test func dataAreChecked() throws {
    let head = PlainHead()
    let (y, x) = (Tensor.zeros([4, 2]), Tensor.zeros([4, 0]))
    let bad = Tensor([0, .nan] as [Float], shape: [1, 2])
    #expect(throws: DensityFitError.empty) {
      try DensityFit(
        head, targets: .zeros([0, 2]), contexts: .zeros([0, 0]), random: RandomSource(seed: 1))
    }
    #expect(throws: DensityFitError.data("training targets")) {
      try DensityFit(head, targets: bad, contexts: .zeros([1, 0]), random: RandomSource(seed: 1))
    }
    #expect(throws: DensityFitError.data("validation targets")) {
      try DensityFit(
        head, targets: y, contexts: x, validationTargets: bad, random: RandomSource(seed: 1))
    }
    #expect("\(DensityFitError.data("training targets"))".contains("leave those rows out"))
  }
}
