import JEPA
import Testing

/// Masks as the reference draws them, faults included.
@Suite struct ReferenceMasksTests {
  private static let grid = PatchGrid(rows: 8, columns: 8)
  private static let tiny = MaskConfiguration.with {
    $0.minKeep = 4
    $0.reference = true
  }

  private static func batch(
    _ index: Int, _ configuration: MaskConfiguration = tiny, on grid: PatchGrid = grid
  ) -> MaskBatch {
    let random = RandomSource(seed: 7).split(index)
    return ReferenceMasks(MultiBlockMasks(configuration, grid: grid)).masks(
      batch: random.split("batch"), images: (0..<6).map { random.split($0) })
  }

  /// One random number for scale and aspect ratio leaves two sizes on 8×8, one per batch.
  @Test func oneOfTwoSizesPerBatch() throws {
    var sizes: [String: Int] = [:]
    for index in 0..<200 {
      let batch = Self.batch(index)
      let seen = Set(
        try batch.targets.flatMap { try $0.map { try #require(Extent($0, on: Self.grid)).size } })
      #expect(seen.count == 1, "\(seen)")
      sizes[seen.first ?? "", default: 0] += 1
    }
    #expect(Set(sizes.keys) == ["3×3", "4×3"])
    // The number is below 0.485 in 97 of 200.
    #expect(abs((sizes["3×3"] ?? 0) - 97) < 35, "\(sizes)")
  }

  @Test func lastRowAndColumnAreNeverUsed() {
    var targets: Set<Int32> = []
    for index in 0..<200 {
      let batch = Self.batch(index)
      targets.formUnion(batch.targets.flatMap { $0.flatMap { $0 } })
      let used = batch.contexts + batch.targets
      #expect(used.allSatisfy { $0.allSatisfy { $0.allSatisfy { $0 < 56 && $0 % 8 < 7 } } })
    }
    #expect(targets.count == 49, "every other patch is a target somewhere")
  }

  /// The 7×7 corner without the targets, row by row, as far as the batch's shortest.
  @Test func contextsAreTheCutCorner() {
    let corner: [Int32] = (0..<49).map { patch in Int32(patch / 7 * 8 + patch % 7) }
    for index in 0..<200 {
      let batch = Self.batch(index)
      let whole = (0..<6).map { image -> [Int32] in
        let hidden = Set(batch.targets.flatMap { $0[image] })
        return corner.filter { !hidden.contains($0) }
      }
      let shortest = whole.map(\.count).min() ?? 0
      guard shortest > 4 else { continue }  // there a target was given up
      for image in 0..<6 {
        #expect(batch.contexts[0][image] == Array(whole[image].prefix(shortest)))
      }
    }
  }

  @Test func listsOfABatchAreEquallyLong() {
    let two = MaskConfiguration.with {
      $0.minKeep = 4
      $0.numEncMasks = 2
    }
    for index in 0..<50 {
      let batch = Self.batch(index, two, on: PatchGrid(rows: 7, columns: 12))
      #expect(Set(batch.contexts.flatMap { $0.map(\.count) }).count == 1)
      #expect(Set(batch.targets.flatMap { $0.map(\.count) }).count == 1)
      for lists in batch.contexts + batch.targets {
        for list in lists {
          #expect(zip(list, list.dropFirst()).allSatisfy { $0 < $1 })
          #expect(list.allSatisfy { $0 % 12 < 11 && $0 / 12 < 6 })
        }
      }
    }
  }

  /// Contexts hold more than the minimum, not just as many.
  @Test func theMinimumIsExceeded() {
    var smallest = Int.max
    for index in 0..<400 {
      for image in Self.batch(index).contexts[0] { smallest = min(smallest, image.count) }
    }
    #expect(smallest > 4)
    let strict = MaskConfiguration.with { $0.minKeep = 12 }
    for index in 0..<100 {
      #expect(Self.batch(index, strict).contexts[0].allSatisfy { $0.count > 12 })
    }
  }

  /// With 3×3 blocks and a minimum of 9 the reference never ends; here it does.
  @Test func impossibleMinimumTerminates() {
    let impossible = MaskConfiguration.with {
      $0.minKeep = 9
      $0.predMaskScale = 0.15...0.15
      $0.aspectRatio = 1...1
    }
    #expect(Self.batch(0, impossible).targets[0][0].count == 9)
    let beyond = MaskConfiguration.with { $0.minKeep = 10_000 }
    #expect(Self.batch(0, beyond).contexts[0][0].count == 49)
  }

  @Test func overlapKeepsTheWholeCorner() {
    let configuration = MaskConfiguration.with {
      $0.minKeep = 4
      $0.allowOverlap = true
    }
    #expect(Self.batch(0, configuration).contexts[0].allSatisfy { $0.count == 49 })
  }
}
