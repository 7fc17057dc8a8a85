import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct AttentiveProbeTests {
  /// 9 tokens of which one, at a place of its own in each image, says the class, in a direction that the
  /// others never have; their mean over the image is swamped by noise.
  private static func images(_ count: Int, seed: UInt64) -> LabeledTokens {
    var random = RandomSource(seed: seed)
    let (p, d) = (9, 12)
    var values = Tensor.normal([count, p, d], using: &random).floats()
    var labels: [Int] = []
    for image in 0..<count {
      let label = random.integer(below: 3)
      let start = (image * p + random.integer(below: p)) * d
      for i in 0..<d { values[start + i] *= 0.1 }
      values[start] = 6
      values[start + 1 + label] = 4
      labels.append(label)
    }
    return LabeledTokens(tokens: Tensor(values, shape: [count, p, d]), labels: labels)
  }

  @Test func findsTheTokenThatTells() throws {
    let (train, validation) = (Self.images(300, seed: 1), Self.images(200, seed: 2))
    let probe = AttentiveProbe(heads: 2, epochs: 60, batchSize: 100, learningRate: 5e-3)
    let result = try probe.evaluate(
      train: train, validation: validation, using: RandomSource(seed: 0))
    #expect(result.top1 > 0.9 && result.top1 <= result.top5 && result.trainLoss < 0.5)
    #expect(result.trainCount == 300 && result.validationCount == 200)
    func pooled(_ data: LabeledTokens) -> LabeledFeatures {
      LabeledFeatures(features: data.tokens.mean(axis: 1), labels: data.labels)
    }
    let linear = try LinearProbe().evaluate(
      train: pooled(train), validation: pooled(validation), using: RandomSource(seed: 0))
    #expect(linear.top1 < result.top1)
    // The same at any number of threads.
    let again = try Parallelism.withThreads(1) {
      try probe.evaluate(train: train, validation: validation, using: RandomSource(seed: 0))
    }
    #expect(again == result)
  }

  @Test func classesThatTrainingLacksAreWrong() throws {
    let tokens = Tensor.zeros([4, 2, 4])
    let train = LabeledTokens(tokens: tokens, labels: [0, 0, 0, 0])
    let result = try AttentiveProbe(heads: 1, epochs: 1).evaluate(
      train: train, validation: LabeledTokens(tokens: tokens, labels: [0, 1, 1, 1]),
      using: RandomSource(seed: 0))
    #expect(result.top1 == 0.25)
    #expect(throws: EvaluationError.empty("training tokens")) {
      try AttentiveProbe(heads: 1).evaluate(
        train: LabeledTokens(tokens: .zeros([0, 2, 4]), labels: []), validation: train,
        using: RandomSource(seed: 0))
    }
  }

  /// Cross-attention written out: queries, keys and values of every token, one head after the other.
  @Test func equalsCrossAttention() throws {
    var random = RandomSource(seed: 5)
    let (b, p, d, h, c) = (2, 5, 6, 2, 3)
    let width = d / h
    var classifier = AttentiveClassifier(dimensions: d, heads: h, classes: c, using: &random)
    // Weights and biases that matter, where they begin small or at 0.
    classifier.forEachParameter { _, tensor, _ in
      tensor = tensor + .normal(tensor.shape, using: &random) * 0.5
    }
    let tokens = Tensor.normal([b, p, d], using: &random)
    let x = classifier.tokenNorm(tokens)
    let q = classifier.queries(classifier.query).doubles()
    let keys = classifier.keys(x).doubles()
    let values = classifier.values(x).doubles()
    var attended = [Float](repeating: 0, count: b * d)
    for image in 0..<b {
      for head in 0..<h {
        func entry(_ rows: [Double], _ token: Int, _ i: Int) -> Double {
          rows[(image * p + token) * d + head * width + i]
        }
        let weights = (0..<p).map { token -> Double in
          let score = (0..<width).reduce(0) { $0 + q[head * width + $1] * entry(keys, token, $1) }
          return exp(score / Double(width).squareRoot())
        }
        let total = weights.reduce(0, +)
        for i in 0..<width {
          attended[image * d + head * width + i] = Float(
            (0..<p).reduce(0) { $0 + weights[$1] / total * entry(values, $1, i) })
        }
      }
    }
    var y = classifier.projection(Tensor(attended, shape: [b, d])) + classifier.query
    y = y + classifier.hidden(classifier.hiddenNorm(y))
    expectClose(
      classifier(tokens).doubles(), classifier.classifier(y).doubles(), absolute: 1e-5,
      relative: 1e-4)
  }

  /// The block as PyTorch's modules compute it: logits, and logits after 40 steps of AdamW from the same weights.
  @Test func agreesWithPyTorch() throws {
    let golden = try AttentiveGolden.load()
    let (b, p, d) = (golden.labels.count, golden.patches, golden.dimensions)
    var random = RandomSource(seed: 0)
    var classifier = AttentiveClassifier(
      dimensions: d, heads: golden.heads, classes: golden.classes, using: &random)
    var missing = Set(golden.weights.keys)
    classifier.forEachParameter { name, tensor, _ in
      guard let values = golden.weights[name], values.count == tensor.count else { return }
      tensor = Tensor(values, shape: tensor.shape, dtype: .float32)
      missing.remove(name)
    }
    #expect(missing.isEmpty)
    let tokens = Tensor(golden.tokens, shape: [b, p, d], dtype: .float32)
    expectClose(classifier(tokens).doubles(), golden.logits, absolute: 2e-5, relative: 2e-5)
    var optimizer = AdamW()
    for _ in 0..<golden.steps {
      let (_, gradients) = valueAndGradients(of: classifier) { classifier in
        let logits = classifier(tokens)
        return (logits.logSumExp() - logits.gatherColumns(golden.labels)).mean()
      }
      optimizer.update(
        &classifier, gradients: gradients, learningRate: golden.learningRate,
        weightDecay: golden.weightDecay)
    }
    expectClose(classifier(tokens).doubles(), golden.trainedLogits, absolute: 2e-3, relative: 2e-3)
  }
}

/// A block of PyTorch's modules; see Resources/make_attentive_golden.py.
private struct AttentiveGolden: Decodable {
  let heads, classes, patches, dimensions, steps: Int
  let learningRate, weightDecay: Double
  let tokens: [Double]
  let labels: [Int]
  let weights: [String: [Double]]
  let logits: [Double]
  let trainedLogits: [Double]

  static func load() throws -> AttentiveGolden {
    let url = try #require(
      Bundle.module.url(
        forResource: "attentive_golden", withExtension: "json", subdirectory: "Resources"))
    return try JSONDecoder().decode(AttentiveGolden.self, from: Data(contentsOf: url))
  }
}
