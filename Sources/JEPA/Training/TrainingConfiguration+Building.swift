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
      head: try head(meta.predEmbDim, sizes.embedDimensions, &headRandom))
  }

  /// The loader of training batches.
  public func loader(for dataset: any ImageDataset) -> ImageLoader {
    ImageLoader(
      dataset,
      transform: TrainingTransform(
        size: data.cropSize, cropScale: data.cropScale, flip: data.useHorizontalFlip,
        colorDistortion: data.useColorDistortion ? data.colorJitterStrength : 0,
        blur: data.useGaussianBlur, interpolation: data.interpolation),
      batchSize: data.batchSize, seed: meta.seed, workers: data.numWorkers)
  }
}
