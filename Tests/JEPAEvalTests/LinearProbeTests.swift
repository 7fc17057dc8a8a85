import Foundation
import JEPAEval
import JEPATensor
import Testing

@Suite struct LinearProbeTests {
  let exact = LinearProbe.Optimizer.lbfgs(maximumIterations: 2000, tolerance: 1e-19)

  @Test func agreesWithScikitLearn() throws {
    let golden = try Golden.load()
    for regression in golden.regressions {
      let fit = try LinearProbe(
        optimizer: exact, strengths: [regression.strength], precision: .float64
      ).fit(golden.data, using: RandomSource(seed: 1))
      #expect(fit.converged)
      for (actual, expected) in [
        (fit.classifier.weight.doubles(), regression.weight),
        (fit.classifier.bias.doubles(), regression.bias),
      ] {
        #expect(actual.count == expected.count)
        for (x, y) in zip(actual, expected) { #expect(abs(x - y) < 1e-6) }
      }
      #expect(abs(fit.classifier.accuracy(golden.data).top1 - regression.accuracy) < 1e-12)
      let rough = try LinearProbe(strengths: [regression.strength])
        .fit(golden.data, using: RandomSource(seed: 1))
      for (x, y) in zip(rough.classifier.weight.doubles(), regression.weight) {
        #expect(abs(x - y) < 1e-1)
      }
    }
  }

  /// Strongly correlated features and hardly any penalty, where plain L-BFGS is still far away after 300 iterations.
  @Test(arguments: [DType.float32, .float64])
  func convergesWhereFeaturesAreCorrelated(_ precision: DType) throws {
    let plain = clusters(600, dimensions: 40, classes: 5, spread: 12)
    var random = RandomSource(seed: 3)
    let scale = Tensor((0..<40).map { pow(10, -Double($0) / 16) }, shape: [1, 40], dtype: .float32)
    let mixing = Tensor.normal([40, 40], using: &random) * scale
    let data = LabeledFeatures(
      features: matmul(plain.features * scale, mixing, transposeB: true), labels: plain.labels)
    func fit(_ optimizer: LinearProbe.Optimizer, _ precision: DType) throws -> LinearProbe.Fit {
      try LinearProbe(optimizer: optimizer, strengths: [1e-5], precision: precision)
        .fit(data, using: RandomSource(seed: 1))
    }
    let optimum = try fit(exact, .float64)
    #expect(optimum.converged)
    let usual = try fit(.lbfgs(), precision)
    #expect(usual.converged && usual.iterations < 1000)
    let gap = try #require(usual.optimalityGap)
    #expect(gap <= 1e-5 && usual.objective - optimum.objective <= gap + 1e-7)
    let accuracies = [usual, optimum].map { $0.classifier.accuracy(data).top1 }
    #expect(abs(accuracies[0] - accuracies[1]) < 0.002)
  }

  /// A result says so where iterations ran out, and by how much; the bound holds.
  @Test func saysThatItDidNotConverge() throws {
    let data = clusters(300, dimensions: 10, spread: 8)
    func evaluate(_ limit: Int) throws -> LinearProbe.Result {
      try LinearProbe(optimizer: .lbfgs(maximumIterations: limit), precision: .float64).evaluate(
        train: data, validation: data, using: RandomSource(seed: 1))
    }
    let short = try evaluate(1)
    #expect(!short.converged && short.iterations == 1)
    let gap = try #require(short.optimalityGap)
    #expect(gap > 1e-5)
    let caveat = try #require(short.caveat)
    #expect(caveat.contains("not converged") && caveat.contains("after 1 iterations"))
    #expect(caveat.contains(String(format: "%.1g nats", gap)))
    #expect(short.trials.contains { $0.converged == false })
    let whole = try evaluate(1000)
    #expect(whole.converged && whole.caveat == nil)
    let strength = 1e-3
    let fits = try [1, 2000].map { limit in
      try LinearProbe(
        optimizer: .lbfgs(maximumIterations: limit, tolerance: 1e-19), strengths: [strength],
        precision: .float64
      ).fit(data, using: RandomSource(seed: 1))
    }
    #expect(fits[0].objective - fits[1].objective <= fits[0].optimalityGap ?? 0)
  }

  @Test func fewLabels() throws {
    let train = clusters(400, dimensions: 3, spread: 1.5)
    let validation = clusters(200, dimensions: 3, spread: 1.5, seed: 2)
    let result = try LinearProbe().evaluate(
      fraction: 0.04, train: train, validation: validation, using: RandomSource(seed: 1))
    // Four of each class: so many that a strength can be chosen by held-out ones.
    #expect(result.trainCount < 25 && result.trials.count == 6)
    #expect(result.validationCount == 200)
    let whole = try LinearProbe().evaluate(
      train: train, validation: validation, using: RandomSource(seed: 1))
    #expect(whole.trainCount == 400 && whole.top1 >= result.top1 - 0.05)
    let again = try LinearProbe().evaluate(
      fraction: 0.04, train: train, validation: validation, using: RandomSource(seed: 1))
    #expect(again == result)
    // One of each class leaves nothing to choose by.
    let single = try LinearProbe().evaluate(
      fraction: 0.001, train: train, validation: validation, using: RandomSource(seed: 1))
    #expect(single.trials.isEmpty && single.trainCount == 4)
  }

  @Test func theGradientVanishesAtTheOptimum() throws {
    // Worked out here, element by element, over more rows than one shard has.
    let data = clusters(2500, dimensions: 3, spread: 6)
    let strength = 1e-2
    let fit = try LinearProbe(optimizer: exact, strengths: [strength], precision: .float64)
      .fit(data, using: RandomSource(seed: 1))
    let classifier = fit.classifier
    let x = data.features.doubles()
    let w = classifier.weight.doubles()
    let b = classifier.bias.doubles()
    var gradient = w.map { $0 * strength }
    var biasGradient = [Double](repeating: 0, count: 4)
    var objective = w.reduce(0) { $0 + strength / 2 * $1 * $1 }
    for (row, label) in data.labels.enumerated() {
      let z = (0..<3).map { (x[row * 3 + $0] - classifier.mean[$0]) * classifier.scale[$0] }
      let logits = (0..<4).map { c in (0..<3).reduce(b[c]) { $0 + w[c * 3 + $1] * z[$1] } }
      let total = logits.reduce(0) { $0 + exp($1) }
      objective -= log(exp(logits[label]) / total) / 2500
      for c in 0..<4 {
        let error = (exp(logits[c]) / total - (c == label ? 1 : 0)) / 2500
        biasGradient[c] += error
        for i in 0..<3 { gradient[c * 3 + i] += error * z[i] }
      }
    }
    #expect((gradient + biasGradient).allSatisfy { abs($0) < 2e-10 })
    #expect(abs(objective - fit.objective) < 1e-12)
    #expect(fit.gradientNorm.map { $0 <= 1e-10 } == true)
  }

  @Test(arguments: [LinearProbe.Optimizer.lbfgs(), .adamW(batchSize: 64)])
  func separableClassesAreSeparated(_ optimizer: LinearProbe.Optimizer) throws {
    let result = try LinearProbe(optimizer: optimizer).evaluate(
      train: clusters(600, spread: 0.2), validation: clusters(200, spread: 0.2, seed: 2),
      using: RandomSource(seed: 1))
    #expect(result.top1 == 1 && result.top5 == 1 && result.trainTop1 == 1)
    #expect(result.trainCount == 600 && result.validationCount == 200)
  }

  @Test(arguments: [LinearProbe.Optimizer.lbfgs(), .adamW(epochs: 5)])
  func noiseStaysAtChance(_ optimizer: LinearProbe.Optimizer) throws {
    var random = RandomSource(seed: 4)
    func noise(_ count: Int) -> LabeledFeatures {
      LabeledFeatures(
        features: .normal([count, 8], using: &random), labels: (0..<count).map { $0 % 4 })
    }
    let result = try LinearProbe(optimizer: optimizer).evaluate(
      train: noise(2000), validation: noise(2000), using: RandomSource(seed: 1))
    #expect(abs(result.top1 - 0.25) < 0.05)
  }

  @Test func regularisationIsChosenOnHeldOutTrainingRows() throws {
    // Few rows, many dimensions, mostly noise: weak regularisation overfits, and the trials show it.
    func data(_ count: Int, _ seed: UInt64) -> LabeledFeatures {
      var random = RandomSource(seed: seed)
      let labels = (0..<count).map { $0 % 2 }
      let signal = Tensor(labels.map { Float($0) - 0.5 }, shape: [count, 1])
      let first = Tensor.normal([count, 1], using: &random) + signal * 2
      return LabeledFeatures(
        features: .concatenated([first, .normal([count, 100], using: &random)], axis: 1),
        labels: labels)
    }
    let train = data(400, 1)
    let probe = LinearProbe(heldOutFraction: 0.25)
    let result = try probe.evaluate(
      train: train, validation: data(1000, 2), using: RandomSource(seed: 1))
    #expect(result.trials.map(\.strength) == [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
    let best = result.trials.map(\.heldOutTop1).max()
    let chosen = try #require(result.trials.first { $0.strength == result.strength })
    #expect(chosen.heldOutTop1 == best)
    #expect(result.strength >= 1e-2)
    // Another validation set, even a perverse one, changes neither the trials nor the choice.
    let flipped = LabeledFeatures(
      features: data(50, 3).features, labels: data(50, 3).labels.map { 1 - $0 })
    let other = try probe.evaluate(train: train, validation: flipped, using: RandomSource(seed: 1))
    #expect(other.trials == result.trials && other.strength == result.strength)
    #expect(other.trainTop1 == result.trainTop1)
  }

  @Test(arguments: [LinearProbe.Optimizer.lbfgs(), .adamW(epochs: 2, batchSize: 100)])
  func equalSeedsGiveEqualResults(_ optimizer: LinearProbe.Optimizer) throws {
    let (train, validation) = (clusters(500, spread: 6), clusters(200, spread: 6, seed: 2))
    let probe = LinearProbe(optimizer: optimizer)
    func run(_ seed: UInt64) throws -> LinearProbe.Result {
      try probe.evaluate(train: train, validation: validation, using: RandomSource(seed: seed))
    }
    #expect(try run(1) == run(1))
    #expect(try run(1).trials != run(2).trials)
  }

  @Test func scaleAndOffsetOfFeaturesDoNotMatter() throws {
    let (train, validation) = (clusters(500, spread: 6), clusters(300, spread: 6, seed: 2))
    let scale = Tensor((0..<8).map { pow(10, Double($0) - 4) }, shape: [8], dtype: .float64)
    func moved(_ data: LabeledFeatures) -> LabeledFeatures {
      LabeledFeatures(
        features: (data.features.cast(to: .float64) + 3) * scale, labels: data.labels)
    }
    let probe = LinearProbe(precision: .float64)
    let plain = try probe.evaluate(
      train: train, validation: validation, using: RandomSource(seed: 1))
    let other = try probe.evaluate(
      train: moved(train), validation: moved(validation), using: RandomSource(seed: 1))
    #expect(plain.top1 == other.top1 && plain.strength == other.strength)
  }

  @Test func aClassMissingInTrainIsCountedAsWrong() throws {
    let all = clusters(400, spread: 0.1)
    let known = all.labels.indices.filter { all.labels[$0] != 1 }
    let result = try LinearProbe().evaluate(
      train: all.rows(known), validation: all, using: RandomSource(seed: 1))
    #expect(result.top1 == 0.75 && result.top5 == 0.75)
    let fit = try LinearProbe().fit(all.rows(known), using: RandomSource(seed: 1))
    #expect(fit.classifier.classes == [0, 2, 3])
    #expect(fit.classifier(all.features).shape == [400, 3])
  }

  @Test func constantFeaturesOneClassAndOneRowPerClass() throws {
    let data = clusters(60, spread: 0.1)
    let constant = LabeledFeatures(
      features: .concatenated([data.features, .full([60, 2], 0.1)], axis: 1), labels: data.labels)
    #expect(
      try LinearProbe().evaluate(
        train: constant, validation: constant, using: RandomSource(seed: 1)
      ).top1 == 1)
    let one = LabeledFeatures(
      features: data.features, labels: Array(repeating: 7, count: 60))
    #expect(
      try LinearProbe().evaluate(train: one, validation: one, using: RandomSource(seed: 1)).top1
        == 1)
    // No class has a row to hold out: nothing to choose, so the strongest.
    let few = try LinearProbe(strengths: [1e-3, 1e-2])
      .fit(data.rows([0, 1, 2, 3]), using: RandomSource(seed: 1))
    #expect(few.trials.isEmpty && few.strength == 1e-2)
  }

  @Test func refusesNothingAndNaN() throws {
    let data = clusters(20, spread: 1)
    let empty = LabeledFeatures(features: .zeros([0, 8]), labels: [])
    let bad = LabeledFeatures(
      features: .full([20, 8], .infinity), labels: data.labels)
    let random = RandomSource(seed: 1)
    #expect(throws: EvaluationError.empty("training features")) {
      try LinearProbe().fit(empty, using: random)
    }
    #expect(throws: EvaluationError.empty("validation features")) {
      try LinearProbe().evaluate(train: data, validation: empty, using: random)
    }
    #expect(throws: EvaluationError.notFinite("training features")) {
      try LinearProbe().fit(bad, using: random)
    }
  }
}
