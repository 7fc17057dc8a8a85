import JEPAData
import JEPATensor
import JEPAViT

/// Masks for batches, as functions of seed, epoch and sample alone.
public struct MaskSource: Sendable {
  private let settings: MultiBlockMasks
  private let reference: Bool
  private let random: RandomSource
  private let regionProbability: Double
  private let dataset: (any RegionDataset)?

  /// - Parameter dataset: where the samples come from. Where it has regions, one of an image's target
  ///   blocks is its region with the probability `mask.region_probability`.
  public init(
    _ mask: MaskConfiguration, grid: PatchGrid, seed: UInt64,
    dataset: (any ImageDataset)? = nil
  ) {
    regionProbability = mask.regionProbability
    self.dataset = dataset as? any RegionDataset
    settings = MultiBlockMasks(mask, grid: grid)
    reference = mask.reference
    random = RandomSource(seed: seed).split("masks")
  }

  /// The masks of the samples `indices` in epoch `epoch`, of which they are batch `step`.
  public func masks(epoch: Int, step: Int, indices: [Int]) -> MaskBatch {
    let epochs = random.split(epoch)
    let samples = indices.map { epochs.split("samples").split($0) }
    if reference {
      return ReferenceMasks(settings).masks(
        batch: epochs.split("batches").split(step), images: samples)
    }
    return MaskBatch(
      images: zip(indices, samples).map { index, source in
        var draws = source
        return settings.masks(firstTarget: region(of: index, source), using: &draws)
      }, grid: settings.grid)
  }

  /// The image's region, where this sample is to hide it.
  private func region(of index: Int, _ source: RandomSource) -> Block? {
    guard regionProbability > 0, let dataset else { return nil }
    var choice = source.split("region")
    guard choice.uniform() < regionProbability else { return nil }
    return Block(dataset.region(at: index), on: settings.grid)
  }
}
