import JEPA
import JEPAData

/// Turns images into features: an encoder's tokens, averaged over the last blocks and over patches.
public struct FeatureExtractor: Sendable {
  public var encoder: VisionTransformer
  /// How many of the last blocks are averaged, each through the final norm.
  public var layers: Int
  public var transform: EvaluationTransform
  /// Images that one thread encodes at a time.
  public var batchSize: Int
  /// Threads that read images ahead.
  public var workers: Int
  /// Receives one line for each broken image.
  public var log: @Sendable (String) -> Void = StandardErrorLog.write

  /// - Parameters:
  ///   - precision: bfloat16 products are about twice as fast; float32 is exact.
  public init(
    _ encoder: VisionTransformer, layers: Int = 1, precision: TrainingPrecision = .float32,
    batchSize: Int = 64, workers: Int = 1
  ) {
    precondition(
      layers >= 1 && layers <= encoder.blocks.count,
      "FeatureExtractor: \(layers) layers of \(encoder.blocks.count) blocks")
    self.encoder = precision == .bfloat16 ? encoder.matrices(in: .bfloat16) : encoder
    self.layers = layers
    self.batchSize = batchSize
    self.workers = workers
    transform = EvaluationTransform(
      height: encoder.configuration.imageHeight, width: encoder.configuration.imageWidth)
  }

  /// The tokens of images [B, 3, H, W]: [B, P, D], float32.
  public func tokens(of images: Tensor) -> Tensor {
    let shards = (images.shape[0] + batchSize - 1) / batchSize
    let parts = parallelMap(shards) { shard -> Tensor in
      let range = shard * batchSize..<min(images.shape[0], (shard + 1) * batchSize)
      let outputs = encoder.layers(images.slice(axis: 0, range), last: layers)
      var sum = outputs[0].tokens
      for output in outputs.dropFirst() { sum = sum + output.tokens }
      let mean = outputs.count == 1 ? sum : sum / Double(outputs.count)
      return mean.cast(to: .float32).reshaped([range.count, -1, mean.shape[1]])
    }
    return .concatenated(parts, axis: 0)
  }

  /// The features and labels of a data set, in its order.
  ///
  /// - Parameter progress: called with the number of images done so far.
  /// - Returns: features [N, D] and N labels.
  /// - Throws: `TooManyBrokenImages`.
  public func features(
    of dataset: any ImageDataset, progress: (Int) -> Void = { _ in }
  ) throws -> (features: Tensor, labels: [Int]) {
    let found = try features(of: dataset, keepingTokens: false, progress: progress)
    return (found.features, found.labels)
  }

  /// The same, and where asked for the tokens that were averaged, [N, P, D] in bfloat16: 2 P D bytes an
  /// image.
  public func features(
    of dataset: any ImageDataset, keepingTokens: Bool, progress: (Int) -> Void = { _ in }
  ) throws -> (features: Tensor, labels: [Int], tokens: LabeledTokens?) {
    let loader = ImageLoader(
      dataset, transform: transform, batchSize: batchSize * Parallelism.threads, seed: 0,
      shuffle: false, dropLast: false, workers: workers, log: log)
    let batches = loader.batches(epoch: 0)
    var parts: [Tensor] = []
    var kept: [Tensor] = []
    var labels: [Int] = []
    while let batch = try batches.next() {
      let tokens = tokens(of: batch.images)
      parts.append(tokens.mean(axis: 1))
      if keepingTokens { kept.append(tokens.cast(to: .bfloat16)) }
      labels += batch.labels
      progress(labels.count)
    }
    let sizes = encoder.configuration
    guard !parts.isEmpty else {
      let none = Tensor.zeros([0, sizes.grid.count, sizes.embedDimensions])
      return (
        .zeros([0, sizes.embedDimensions]), [],
        keepingTokens ? LabeledTokens(tokens: none, labels: []) : nil
      )
    }
    return (
      .concatenated(parts, axis: 0), labels,
      keepingTokens ? LabeledTokens(tokens: .concatenated(kept, axis: 0), labels: labels) : nil
    )
  }
}
