import Foundation
import JEPATensor
import TestSupport
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
    let probe = AttentiveProbe(heads: 2, epochs: 30, batchSize: 100, learningRate: 5e-3)
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

  /// Cross-attention written out: keys, values and one query per head.
  @Test func equalsCrossAttention() {
    var random = RandomSource(seed: 5)
    let (b, p, d, h, c) = (2, 5, 6, 2, 3)
    let width = d / h
    var classifier = AttentiveClassifier(dimensions: d, heads: h, classes: c, using: &random)
    let query = Tensor.normal([h, width], using: &random).doubles()
    let keys = Tensor.normal([d, d], using: &random).doubles()  // rows: head · width + i
    var scores = [Float](repeating: 0, count: h * d)
    for head in 0..<h {
      for column in 0..<d {
        for i in 0..<width {
          scores[head * d + column] += Float(
            query[head * width + i] * keys[(head * width + i) * d + column]
              / Double(width).squareRoot())
        }
      }
    }
    classifier.scores.weight = Tensor(scores, shape: [h, d])
    let tokens = Tensor.normal([b, p, d], using: &random)
    let x = classifier.tokenNorm(tokens).doubles()
    let values = classifier.values.doubles()
    /// Row `row` of a matrix times the token in place `token` of all.
    func product(_ matrix: [Double], _ row: Int, _ token: Int) -> Double {
      var sum = 0.0
      for i in 0..<d { sum += matrix[row * d + i] * x[token * d + i] }
      return sum
    }
    var attended = [Float](repeating: 0, count: b * d)
    for image in 0..<b {
      for head in 0..<h {
        var weights = [Double](repeating: 0, count: p)
        for token in 0..<p {
          var logit = 0.0
          for i in 0..<width {
            logit += query[head * width + i] * product(keys, head * width + i, image * p + token)
          }
          weights[token] = exp(logit / Double(width).squareRoot())
        }
        let total = weights.reduce(0, +)
        for i in 0..<width {
          var sum = 0.0
          for token in 0..<p {
            sum += weights[token] / total * product(values, head * width + i, image * p + token)
          }
          attended[image * d + head * width + i] = Float(sum)
        }
      }
    }
    var y = classifier.projection(Tensor(attended, shape: [b, d])) + classifier.query
    y = y + classifier.hidden(classifier.hiddenNorm(y))
    let expected = classifier.classifier(classifier.norm(y))
    expectClose(
      classifier(tokens).doubles(), expected.doubles(), absolute: 1e-5, relative: 1e-4)
  }
}
