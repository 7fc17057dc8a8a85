import JEPA
import JEPAData
import JEPATensor
import JEPAViT

/// Images with the blocks that training draws for them.
public struct MaskExamples: Sendable, Equatable {
  public let images: [Image]
  public let grid: PatchGrid
  /// Per image, context blocks and target blocks, patches rising.
  public let contexts: [[[Int32]]]
  public let targets: [[[Int32]]]

  /// The first images of the first epoch, cropped and masked as training sees them.
  ///
  /// - Throws: what opening the data set and reading an image throw.
  public init(_ configuration: TrainingConfiguration, count: Int = 3) throws {
    let dataset = try configuration.data.openDataset(.train)
    let grid = try configuration.encoderConfiguration().grid
    let source = MaskSource(
      configuration.mask, grid: grid, seed: configuration.meta.seed, dataset: dataset)
    let loader = configuration.loader(for: dataset)
    let indices = Array(loader.order(epoch: 0).prefix(count))
    let masks = source.masks(epoch: 0, step: 0, indices: indices)
    let random = RandomSource(seed: configuration.meta.seed).split("masks picture")
    images = try indices.map { index in
      var draws = random.split(index)
      return loader.transform.image(from: try dataset.image(at: index), using: &draws)
    }
    self.grid = grid
    contexts = indices.indices.map { image in masks.contexts.map { $0[image] } }
    targets = indices.indices.map { image in masks.targets.map { $0[image] } }
  }
}
