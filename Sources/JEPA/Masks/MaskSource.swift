import JEPATensor
import JEPAViT

/// Masks for batches, as functions of seed, epoch and sample alone.
public struct MaskSource: Sendable {
  private let settings: MultiBlockMasks
  private let reference: Bool
  private let random: RandomSource

  public init(_ mask: MaskConfiguration, grid: PatchGrid, seed: UInt64) {
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
      images: samples.map { source in
        var source = source
        return settings.masks(using: &source)
      })
  }
}
