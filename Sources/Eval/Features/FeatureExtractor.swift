import JEPA
import JEPAData

/// Turns images into features: the tokens of an encoder's last blocks, joined and averaged over patches.
public struct FeatureExtractor: Sendable {
  /// What is made of the tokens of several blocks.
  public enum Joining: String, Sendable, Codable {
    /// Their mean: D features.
    case mean
    /// All of them side by side, the earliest first: D features a block, as in I-JEPA's linear evaluation
    /// (Assran et al. 2023, appendix).
    case concatenation
  }

  public var encoder: VisionTransformer
  /// How many of the last blocks are read, each through the final norm.
  public var layers: Int
  public var joining: Joining
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
    _ encoder: VisionTransformer, layers: Int = 1, joining: Joining = .mean,
    precision: TrainingPrecision = .float32, batchSize: Int = 64, workers: Int = 1
  ) {
    require(
      layers >= 1 && layers <= encoder.blocks.count,
      "FeatureExtractor: \(layers) layers of \(encoder.blocks.count) blocks")
    self.encoder = precision.dtype == .bfloat16 ? encoder.matrices(in: .bfloat16) : encoder
    self.layers = layers
    self.joining = joining
    self.batchSize = batchSize
    self.workers = workers
    transform = EvaluationTransform(
      height: encoder.configuration.imageHeight, width: encoder.configuration.imageWidth)
  }

  /// Features of an image: the encoder's width, and where blocks are concatenated that many times it.
  public var dimensions: Int {
    encoder.configuration.embedDimensions * (joining == .concatenation ? layers : 1)
  }

  /// The tokens of images [B, 3, H, W]: [B, P, ``dimensions``], float32.
  public func tokens(of images: Tensor) -> Tensor {
    let shards = (images.shape[0] + batchSize - 1) / batchSize
    let parts = parallelMap(shards) { shard -> Tensor in
      let range = shard * batchSize..<min(images.shape[0], (shard + 1) * batchSize)
      let outputs = encoder.layers(images.slice(axis: 0, range), last: layers).map(\.tokens)
      let tokens = joined(outputs).cast(to: .float32)
      return tokens.reshaped([range.count, -1, tokens.shape[1]])
    }
    return .concatenated(parts, axis: 0)
  }

  /// One tensor of the outputs [T, D] of blocks.
  private func joined(_ outputs: [Tensor]) -> Tensor {
    if outputs.count == 1 { return outputs[0] }
    switch joining {
    case .mean: return outputs.dropFirst().reduce(outputs[0], +) / Double(outputs.count)
    case .concatenation: return .concatenated(outputs, axis: 1)
    }
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
    guard !parts.isEmpty else {
      let none = Tensor.zeros([0, encoder.configuration.grid.count, dimensions])
      return (
        .zeros([0, dimensions]), [],
        keepingTokens ? LabeledTokens(tokens: none, labels: []) : nil
      )
    }
    return (
      .concatenated(parts, axis: 0), labels,
      keepingTokens ? LabeledTokens(tokens: .concatenated(kept, axis: 0), labels: labels) : nil
    )
  }
}
