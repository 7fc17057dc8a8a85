import Foundation
import JEPAData
import JEPADensity
import JEPATensor
import JEPAViT

// From a configuration to the parts it describes.

extension TrainingConfiguration {
  /// The encoder's sizes.
  public var encoderSizes: VisionTransformerConfiguration {
    let side = data.cropSize
    // `validate` has refused unknown names.
    var sizes =
      VisionTransformerConfiguration.preset(
        meta.modelName, patchSize: mask.patchSize, imageHeight: side, imageWidth: side)
      ?? VisionTransformerConfiguration(
        patchSize: mask.patchSize, imageHeight: side, imageWidth: side, embedDimensions: 192,
        depth: 12, heads: 3)
    sizes.embedDimensions = meta.embedDim ?? sizes.embedDimensions
    sizes.depth = meta.depth ?? sizes.depth
    sizes.heads = meta.numHeads ?? sizes.heads
    sizes.dropPathRate = optimization.dropPath
    return sizes
  }

  /// A freshly initialised model with the head that `head` makes.
  ///
  /// - Parameter head: given the widths of the features and of the targets.
  public func model<Head: DensityPredictor>(
    head: (_ contextDimensions: Int, _ targetDimensions: Int, inout RandomSource) throws -> Head
  ) rethrows -> JEPAModel<Head> {
    let source = RandomSource(seed: meta.seed).split("initial weights")
    let sizes = encoderSizes
    var encoderRandom = source.split("encoder")
    var predictorRandom = source.split("predictor")
    var headRandom = source.split("head")
    return JEPAModel(
      encoder: VisionTransformer(sizes, using: &encoderRandom),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: sizes.embedDimensions, dimensions: meta.predEmbDim,
        depth: meta.predDepth, heads: sizes.heads, using: &predictorRandom),
      head: try head(meta.predEmbDim, sizes.embedDimensions, &headRandom))
  }

  /// Opens the images of a split.
  ///
  /// - Parameter path: the data set's folder, in place of `data.root_path` and `data.image_folder`.
  /// - Throws: `DatasetError`.
  public func dataset(_ split: DatasetSplit, at path: String? = nil) throws -> any ImageDataset {
    let folder = path ?? data.path
    let dataset: any ImageDataset
    switch self.data.dataset {
    case .procedural:
      let count = split == .train ? data.samples ?? 8192 : evaluation.validationSamples ?? 2048
      return ProceduralScenes(
        count: count, seed: meta.seed, split: split, height: data.cropSize, width: data.cropSize)
    case .tinyImageNet:
      dataset = try TinyImageNet(root: folder, split: split, classes: try classes(in: folder))
    case .imageFolder:
      dataset = try openDataset(at: folder, split: split, classes: try classes(in: folder))
    }
    if split == .train, let samples = data.samples, samples < dataset.count {
      return dataset.subset(Array(0..<samples))
    }
    return dataset
  }

  private func classes(in folder: String) throws -> [String]? {
    switch data.classes {
    case .all: return nil
    case .named(let names): return names
    case .first(let count):
      let all = try openDataset(at: folder, split: .train).classNames
      return Array(all.sorted().prefix(count))
    }
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
