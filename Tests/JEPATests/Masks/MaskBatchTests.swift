import JEPA
import Testing

@Suite struct MaskBatchTests {
  /// Two context blocks, two target blocks, three images.
  private static let batch = MaskBatch(
    contexts: [[[0, 1], [2], []], [[3], [0, 4, 5], [6]]],
    targets: [[[7], [8, 9], [7, 8]], [[9], [], [1]]])

  @Test func contextSequencesHaveTheImageFastest() {
    let sequences = Self.batch.contextSequences
    #expect(sequences.images == [0, 0, 1, 0, 1, 1, 1, 2])
    #expect(sequences.patches == [0, 1, 2, 3, 0, 4, 5, 6])
    #expect(sequences.offsets == [0, 2, 3, 3, 4, 7, 8])
  }

  /// Target block slowest, then context block, then image.
  @Test func targetSequencesRepeatPerContextBlock() {
    let sequences = Self.batch.targetSequences
    #expect(sequences.images == [0, 1, 1, 2, 2, 0, 1, 1, 2, 2, 0, 2, 0, 2])
    #expect(sequences.patches == [7, 8, 9, 7, 8, 7, 8, 9, 7, 8, 9, 1, 9, 1])
    #expect(sequences.offsets == [0, 1, 3, 5, 6, 8, 10, 11, 11, 12, 13, 13, 14])
    #expect(Self.batch.targetRowCount == 14)
    #expect(Self.batch.imageCount == 3)
  }

  @Test func partsOfTheBatch() {
    let part = Self.batch.images(1..<3)
    #expect(
      part
        == MaskBatch(
          contexts: [[[2], []], [[0, 4, 5], [6]]], targets: [[[8, 9], [7, 8]], [[], [1]]]))
    #expect(Self.batch.images(0..<3) == Self.batch)
    let rows = (0..<3).map { Self.batch.images($0..<$0 + 1).targetRowCount }
    #expect(rows.reduce(0, +) == Self.batch.targetRowCount)
    #expect(Self.batch.images(1..<1).imageCount == 0)
  }

  @Test func fromSingleImages() {
    let images = (0..<3).map { image in
      ImageMasks(
        contexts: Self.batch.contexts.map { $0[image] },
        targets: Self.batch.targets.map { $0[image] })
    }
    #expect(MaskBatch(images: images) == Self.batch)
    #expect(MaskBatch(images: []).imageCount == 0)
  }
}
