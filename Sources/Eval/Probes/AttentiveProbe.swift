import Foundation
import JEPATensor

/// Every token of every image, with the image's class: what an attentive probe is fitted to.
public struct LabeledTokens: Sendable {
  /// [N, P, D]; bfloat16 halves the memory.
  public let tokens: Tensor
  /// N classes, each 0 or more.
  public let labels: [Int]

  public init(tokens: Tensor, labels: [Int]) {
    require(
      tokens.rank == 3 && tokens.shape[0] == labels.count,
      "LabeledTokens: tokens \(tokens.shape) with \(labels.count) labels")
    require(labels.allSatisfy { $0 >= 0 }, "LabeledTokens: a label is negative")
    self.tokens = tokens.detached()
    self.labels = labels
  }

  public var count: Int { labels.count }

  /// The tokens of some images in float32, [n, P, D].
  func images(_ indices: [Int]) -> Tensor {
    let (p, d) = (tokens.shape[1], tokens.shape[2])
    return tokens.reshaped([count, p * d]).gatherRows(indices).cast(to: .float32)
      .reshaped([indices.count, p, d])
  }

  func check(_ name: String) throws {
    if count == 0 { throw EvaluationError.empty(name) }
    if !tokens.isFinite { throw EvaluationError.notFinite(name) }
  }
}

/// How well classes can be told apart by a learned pooling of frozen tokens: the cross-attention block of
/// V-JEPA's evaluations, one learned query and a linear layer (Bardes et al. 2024, section 4 and appendix
/// D). Where the mean over patches loses what a few patches say, this probe does not.
///
/// Trained by AdamW at one setting, with a cosine learning rate; nothing is chosen on validation images.
public struct AttentiveProbe: Sendable {
  /// Of the cross-attention; must divide the tokens' width.
  public var heads: Int
  public var epochs: Int
  public var batchSize: Int
  public var learningRate: Double
  public var weightDecay: Double

  public init(
    heads: Int = 3, epochs: Int = 20, batchSize: Int = 256, learningRate: Double = 1e-3,
    weightDecay: Double = 0.01
  ) {
    require(
      heads > 0 && epochs > 0 && batchSize > 0,
      "AttentiveProbe: \(heads) heads, \(epochs) epochs of batches of \(batchSize)")
    self.heads = heads
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }

  /// What ``evaluate(train:validation:using:)`` found.
  public struct Result: Sendable, Codable, Equatable {
    public let heads: Int
    public let epochs: Int
    public let learningRate: Double
    public let weightDecay: Double
    public let trainCount: Int
    public let validationCount: Int
    /// Mean cross-entropy over the last epoch's batches, nats.
    public let trainLoss: Double
    /// Part of the validation images, 0 to 1, whose class has the largest logit.
    public let top1: Double
    /// Part whose class has one of the five largest.
    public let top5: Double
  }

  /// Fits to `train` and measures on `validation`, whose unknown classes count as wrong.
  ///
  /// - Parameter random: of initial weights and batches.
  /// - Throws: ``EvaluationError`` if there are no rows, or numbers that are not finite.
  public func evaluate(
    train: LabeledTokens, validation: LabeledTokens, using random: RandomSource
  ) throws -> Result {
    try train.check("training tokens")
    try validation.check("validation tokens")
    require(
      train.tokens.shape.dropFirst() == validation.tokens.shape.dropFirst(),
      "AttentiveProbe: training tokens \(train.tokens.shape), validation "
        + "\(validation.tokens.shape)")
    let classes = Set(train.labels).sorted()
    let outputs = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    var weights = random.split("weights")
    var classifier = AttentiveClassifier(
      dimensions: train.tokens.shape[2], heads: heads, classes: classes.count, using: &weights)
    let loss = fit(
      &classifier, train, train.labels.compactMap { outputs[$0] }, random.split("batches"))
    let fitted = classifier
    let hits = parallelMap((validation.count + Self.part - 1) / Self.part) { part -> TopHits in
      let rows = Array(part * Self.part..<min(validation.count, (part + 1) * Self.part))
      let logits = fitted(validation.images(rows)).doubles()
      var hits = TopHits()
      logits.withUnsafeBufferPointer { logits in
        for (place, row) in rows.enumerated() {
          let scores = logits[place * classes.count..<(place + 1) * classes.count]
          hits.add(
            UnsafeBufferPointer(rebasing: scores), label: outputs[validation.labels[row]] ?? -1,
            floor: -.infinity)
        }
      }
      return hits
    }.reduce(TopHits(), +)
    let n = Double(validation.count)
    return Result(
      heads: heads, epochs: epochs, learningRate: learningRate, weightDecay: weightDecay,
      trainCount: train.count, validationCount: validation.count, trainLoss: loss,
      top1: Double(hits.first) / n, top5: Double(hits.firstFive) / n)
  }

  /// Images that one thread takes at a time: batches are cut alike at any number of threads.
  private static let part = 64

  /// - Returns: the mean loss of the last epoch.
  private func fit(
    _ classifier: inout AttentiveClassifier, _ train: LabeledTokens, _ outputs: [Int],
    _ random: RandomSource
  ) -> Double {
    var optimizer = AdamW()
    let batches = (train.count + batchSize - 1) / batchSize
    var (step, total) = (0, 0.0)
    for epoch in 0..<epochs {
      var source = random.split(epoch)
      let order = source.permutation(train.count)
      total = 0
      for batch in 0..<batches {
        let rows = Array(order[batch * batchSize..<min((batch + 1) * batchSize, train.count)])
        let current = classifier
        let count = (rows.count + Self.part - 1) / Self.part
        let sum = GradientSum(of: current, parts: count)
        let losses = parallelMap(count) { part -> Double in
          let some = Array(rows[part * Self.part..<min(rows.count, (part + 1) * Self.part)])
          let (x, y) = (train.images(some), some.map { outputs[$0] })
          func receive(_ place: Int, _ gradient: Tensor) {
            sum.add(gradient, at: place, ofPart: part)
          }
          return value(of: current, gradients: receive) { classifier in
            let logits = classifier(x)
            return (logits.logSumExp() - logits.gatherColumns(y)).sum() / Double(rows.count)
          }.item()
        }
        total += losses.reduce(0, +) / Double(batches)
        let progress = Double(step) / Double(epochs * batches)
        optimizer.update(
          &classifier, gradients: sum.finish(),
          learningRate: learningRate * (1 + cos(.pi * progress)) / 2, weightDecay: weightDecay)
        step += 1
      }
    }
    return total
  }
}
