import JEPATensor

/// Samples that are processed together.
public struct ImageBatch: Sendable {
  /// [B, 3, height, width], float32, normalised.
  public let images: Tensor
  /// The class of each sample, [B].
  public let labels: [Int]
  /// The position of each sample in the data set, [B].
  public let indices: [Int]

  public init(images: Tensor, labels: [Int], indices: [Int]) {
    require(
      images.shape.count == 4 && images.shape[0] == labels.count && labels.count == indices.count,
      "ImageBatch: images \(images.shape), \(labels.count) labels, \(indices.count) indices")
    self.images = images
    self.labels = labels
    self.indices = indices
  }

  /// The number of samples, B.
  public var count: Int { labels.count }
}
