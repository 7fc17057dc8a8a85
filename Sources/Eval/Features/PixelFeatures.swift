import JEPA
import JEPAData

/// Normalised pixels of images resized to a small square: the floor any encoder has to beat.
public struct PixelFeatures: Sendable {
  private let transform: EvaluationTransform

  /// - Parameter fit: how images that are not square become so.
  public init(size: Int, fit: EvaluationTransform.Fit = .crop) {
    transform = EvaluationTransform(size: size, fit: fit)
  }

  /// [N, 3 · size²] and N labels, in the data set's order.
  /// - Throws: `TooManyBrokenImages`.
  public func features(
    of dataset: any ImageDataset
  ) throws -> (features: Tensor, labels: [Int]) {
    let loader = ImageLoader(
      dataset, transform: transform, batchSize: 256, seed: 0, shuffle: false, dropLast: false)
    let batches = loader.batches(epoch: 0)
    var parts: [Tensor] = []
    var labels: [Int] = []
    while let batch = try batches.next() {
      parts.append(batch.images.reshaped([batch.count, -1]))
      labels += batch.labels
    }
    let width = 3 * transform.height * transform.width
    return (parts.isEmpty ? .zeros([0, width]) : .concatenated(parts, axis: 0), labels)
  }
}
