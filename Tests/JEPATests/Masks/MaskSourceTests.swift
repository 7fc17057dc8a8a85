import JEPA
import Testing

@Suite struct MaskSourceTests {
  private static let grid = PatchGrid(rows: 8, columns: 8)

  private static func source(_ seed: UInt64 = 3, reference: Bool = false) -> MaskSource {
    MaskSource(
      .with {
        $0.minKeep = 4
        $0.reference = reference
      }, grid: grid, seed: seed)
  }

  private static func image(_ batch: MaskBatch, _ index: Int) -> MaskBatch {
    batch.images(index..<index + 1)
  }

  /// A sample's masks do not depend on its batch, its place in it, nor the batch's number.
  @Test func mendedMasksAreFunctionsOfSeedEpochAndSample() {
    let source = Self.source()
    let together = source.masks(epoch: 2, step: 0, indices: [10, 11, 12, 13])
    for (place, index) in [10, 11, 12, 13].enumerated() {
      let alone = source.masks(epoch: 2, step: 9, indices: [index])
      #expect(alone == Self.image(together, place))
    }
    let reversed = source.masks(epoch: 2, step: 1, indices: [13, 12, 11, 10])
    for place in 0..<4 {
      #expect(Self.image(reversed, place) == Self.image(together, 3 - place))
    }
    #expect(Self.source().masks(epoch: 2, step: 0, indices: [10, 11, 12, 13]) == together)
  }

  /// Processes draw the masks of their parts of a batch alone.
  @Test func partsOfABatchHaveTheMasksOfTheWhole() {
    let source = Self.source()
    let whole = source.masks(epoch: 2, step: 3, indices: [10, 4, 12, 7])
    for (range, part) in [(0..<1, [10]), (1..<4, [4, 12, 7])] {
      #expect(source.masks(epoch: 2, step: 3, indices: part) == whole.images(range))
    }
  }

  @Test func epochsSeedsAndSamplesDiffer() {
    let indices = Array(0..<8)
    let masks = Self.source().masks(epoch: 0, step: 0, indices: indices)
    #expect(masks != Self.source().masks(epoch: 1, step: 0, indices: indices))
    #expect(masks != Self.source(4).masks(epoch: 0, step: 0, indices: indices))
    #expect(Set((0..<8).map { Self.image(masks, $0).targets[0][0] }).count > 4)
  }

  /// The reference's sizes belong to the batch, its positions to the sample.
  @Test func referenceMasksAreReproducible() {
    let source = Self.source(reference: true)
    let first = source.masks(epoch: 1, step: 5, indices: [3, 4, 5])
    #expect(first == Self.source(reference: true).masks(epoch: 1, step: 5, indices: [3, 4, 5]))
    let others = (0..<8).map { source.masks(epoch: 1, step: $0, indices: [3, 4, 5]) }
    #expect(Set(others.map { $0.targets[0][0].count }) == [9, 12])
    #expect(first != source.masks(epoch: 2, step: 5, indices: [3, 4, 5]))
    #expect(first != Self.source(9, reference: true).masks(epoch: 1, step: 5, indices: [3, 4, 5]))
    #expect(first.targets.map { $0[0] } != first.targets.map { $0[1] })
  }
}
