import JEPA
import JEPAData
import Testing

@Suite struct RegionMasksTests {
  private static let grid = PatchGrid(rows: 8, columns: 8)
  private static let scenes = AmbiguousScenes(count: 400)

  /// By hand, on a grid of four by five, for a region of one by two.
  @Test func hidesTheRegionAndShowsTheRest() {
    let grid = PatchGrid(rows: 4, columns: 5)
    let region = ImageRegion(x: 2, y: 2, width: 4, height: 2, imageWidth: 10, imageHeight: 8)
    let all = MaskBatch(hiding: [region], on: grid)
    #expect(all.targets == [[[6, 7]]])
    #expect(all.contexts == [[(0..<20).filter { $0 != 6 && $0 != 7 }]])
    let near = MaskBatch(hiding: [region, region], on: grid, reach: 1)
    #expect(near.contexts[0][0] == [0, 1, 2, 3, 5, 8, 10, 11, 12, 13])
    #expect(near.imageCount == 2 && near.targets[0][1] == [6, 7])
    #expect(MaskBatch(hiding: [region], on: grid, reach: 9) == all)
  }

  @Test func masksOfADataSet() {
    let masks = Self.scenes.regionMasks([5, 3], on: Self.grid, reach: 2)
    for (place, index) in [5, 3].enumerated() {
      let scene = Self.scenes.scene(at: index)
      #expect(masks.targets[0][place] == scene.hiddenPatches(on: Self.grid))
      #expect(masks.targets[0][place].count == 9)
      #expect(Set(masks.contexts[0][place]).isDisjoint(with: masks.targets[0][place]))
      #expect(masks.contexts[0][place].count <= 7 * 7 - 9)
    }
  }

  private static func source(_ probability: Double) -> MaskSource {
    MaskSource(
      .with {
        $0.minKeep = 8
        $0.encMaskScale = 0.6...0.9
        $0.regionProbability = probability
      }, grid: grid, seed: 3, dataset: scenes)
  }

  /// The share of images in which a target block is exactly the region, and in which the context
  /// shows nothing of it.
  private static func shares(_ probability: Double) -> (block: Double, hidden: Double) {
    let indices = Array(0..<400)
    let masks = source(probability).masks(epoch: 0, step: 0, indices: indices)
    var (block, hidden) = (0, 0)
    for index in indices {
      let region = scenes.region(at: index).patches(on: grid)
      if masks.targets.contains(where: { $0[index] == region }) { block += 1 }
      let context = Set(masks.contexts[0][index])
      if context.isDisjoint(with: region) { hidden += 1 }
      #expect(context.count >= 8)
    }
    return (Double(block) / 400, Double(hidden) / 400)
  }

  /// Multi-block masks alone seldom ask for the region as such.
  @Test func probabilityOfHidingTheRegion() {
    let (never, half, always) = (Self.shares(0), Self.shares(0.5), Self.shares(1))
    #expect(never.block < 0.1 && never.hidden < 0.4, "\(never)")
    #expect(0.45...0.65 ~= half.block, "\(half)")
    #expect(always.block == 1 && always.hidden == 1, "\(always)")
  }

  /// The other draws stay what they are, so that a probability of 0 changes no run.
  @Test func otherBlocksStay() {
    let indices = Array(0..<20)
    let plain = MaskSource(
      .with {
        $0.minKeep = 8
        $0.encMaskScale = 0.6...0.9
      }, grid: Self.grid, seed: 3)
    let masks = plain.masks(epoch: 0, step: 0, indices: indices)
    #expect(masks == Self.source(0).masks(epoch: 0, step: 0, indices: indices))
    let always = Self.source(1).masks(epoch: 0, step: 0, indices: indices)
    #expect(always == Self.source(1).masks(epoch: 0, step: 7, indices: indices))
    let same = indices.count { always.targets[1][$0] == masks.targets[1][$0] }
    #expect(same > 15, "\(same)")  // unless all were drawn again for a larger context
  }
}
