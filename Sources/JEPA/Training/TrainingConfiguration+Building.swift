import Foundation
import JEPAData
import JEPADensity
import JEPATensor
import JEPAViT

// From a configuration to the parts it describes.

extension TrainingConfiguration {
  /// A freshly initialised model with the head that `head` makes.
  ///
  /// - Parameter head: given the widths of the features and of the targets.
  /// - Throws: `ConfigurationError` for an unknown encoder; what `head` throws.
  public func model<Head: DensityPredictor>(
    head: (_ contextDimensions: Int, _ targetDimensions: Int, inout RandomSource) throws -> Head
  ) throws -> JEPAModel<Head> {
    let source = RandomSource(seed: meta.seed).split("initial weights")
    let sizes = try encoderConfiguration()
    let transform = target.transform(width: sizes.embedDimensions)
    let depthScaled = meta.depthScaledInit
    var encoderRandom = source.split("encoder")
    var predictorRandom = source.split("predictor")
    var headRandom = source.split("head")
    return JEPAModel(
      encoder: VisionTransformer(sizes, depthScaled: depthScaled, using: &encoderRandom),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: sizes.embedDimensions, dimensions: meta.predEmbDim,
        depth: meta.predDepth, heads: sizes.heads, depthScaled: depthScaled,
        using: &predictorRandom),
      head: try head(
        meta.predEmbDim, transform.dimensions(of: sizes.embedDimensions), &headRandom),
      targetTransform: transform)
  }

  /// Checks that a data set fills a batch, and the batch its processes.
  /// - Throws: `ConfigurationError`.
  public func requireFullBatch(in dataset: any ImageDataset, processes: Int = 1) throws {
    guard data.batchSize >= processes else {
      throw ConfigurationError(
        key: "data.batch_size",
        message:
          "data.batch_size is \(data.batchSize), less than the \(processes) processes that share a "
          + "batch; raise it to \(processes) or more, or start fewer")
    }
    guard dataset.count < data.batchSize else { return }
    throw ConfigurationError(
      key: "data.batch_size",
      message: "data.batch_size is \(data.batchSize), more than the \(dataset.count) training "
        + "images; lower it to \(dataset.count) or less")
  }

  /// The loader of training batches.
  ///
  /// - Parameter log: receives one line for each broken image.
  public func loader(
    for dataset: any ImageDataset,
    log: @escaping @Sendable (String) -> Void = StandardErrorLog.write
  ) -> ImageLoader {
    ImageLoader(
      dataset,
      transform: TrainingTransform(
        size: data.cropSize, cropScale: data.cropScale, flip: data.useHorizontalFlip,
        colorDistortion: data.useColorDistortion ? data.colorJitterStrength : 0,
        blur: data.useGaussianBlur, interpolation: data.interpolation),
      batchSize: data.batchSize, seed: meta.seed, workers: data.numWorkers, log: log)
  }
}
