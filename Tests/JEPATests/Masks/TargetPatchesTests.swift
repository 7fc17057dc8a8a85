import JEPAViT
import Testing

@testable import JEPA

@Suite struct TargetPatchesTests {
  /// Blocks that overlap, one of them empty: each patch once, and the rows of all blocks by their indices.
  @Test func eachPatchOnce() {
    let masks = MaskBatch(
      contexts: [[[0], [1]], [[2], [3]]], targets: [[[5, 9], [2]], [[7, 9], []]])
    let wanted = TargetPatches(masks)
    #expect(wanted.patches.images == [0, 0, 0, 1] && wanted.patches.patches == [5, 7, 9, 2])
    #expect(wanted.patches.offsets == [0, 3, 4])
    // Target block, context block, image: twice each block.
    #expect(wanted.rows == [0, 2, 3, 0, 2, 3, 1, 2, 1, 2])
    let all = masks.targetSequences
    #expect(wanted.rows.map { wanted.patches.patches[Int($0)] } == all.patches)
    #expect(wanted.rows.map { wanted.patches.images[Int($0)] } == all.images)
  }
}
