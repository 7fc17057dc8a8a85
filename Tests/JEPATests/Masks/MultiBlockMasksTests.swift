import JEPA
import Testing

/// Masks in the mended form.
@Suite struct MultiBlockMasksTests {
  private static let grids = [
    PatchGrid(rows: 8, columns: 8), PatchGrid(rows: 6, columns: 11),
    PatchGrid(rows: 14, columns: 5),
    PatchGrid(rows: 16, columns: 16), PatchGrid(rows: 4, columns: 4),
  ]

  private static func draws(
    _ configuration: MaskConfiguration, _ grid: PatchGrid, count: Int = 300, seed: UInt64 = 1
  ) -> [ImageMasks] {
    let masks = MultiBlockMasks(configuration, grid: grid)
    let source = RandomSource(seed: seed)
    return (0..<count).map { index in
      var random = source.split(index)
      return masks.masks(using: &random)
    }
  }

  @Test(arguments: grids)
  func targetsAreRectanglesOfTheRightSizes(_ grid: PatchGrid) throws {
    let configuration = MaskConfiguration.with { $0.minKeep = 4 }
    let possible = possibleSizes(
      configuration.predMaskScale, configuration.aspectRatio, on: grid)
    var seen: Set<String> = []
    for masks in Self.draws(configuration, grid) {
      #expect(masks.contexts.count == 1 && masks.targets.count == 4)
      for target in masks.targets {
        let extent = try #require(Extent(target, on: grid), "\(target) on \(grid)")
        seen.insert(extent.size)
      }
    }
    #expect(seen.isSubset(of: possible), "\(seen.subtracting(possible)) cannot occur on \(grid)")
    #expect(seen.count >= min(3, possible.count), "only \(seen) on \(grid)")
  }

  /// On 8×8 all the sizes that independent scale and aspect ratio allow occur: more than the
  /// reference's two.
  @Test func sizesVary() {
    let grid = PatchGrid(rows: 8, columns: 8)
    let sizes = Self.draws(.with { $0.minKeep = 4 }, grid, count: 2000)
      .flatMap { $0.targets.compactMap { Extent($0, on: grid)?.size } }
    let expected: Set = ["3×3", "4×3", "3×4", "4×2"]
    #expect(possibleSizes(0.15...0.2, 0.75...1.5, on: grid).isSuperset(of: expected))
    #expect(Set(sizes).isSuperset(of: expected), "\(Set(sizes))")
    // Within one image too.
    let mixed = Self.draws(.with { $0.minKeep = 4 }, grid).filter {
      Set($0.targets.compactMap { Extent($0, on: grid)?.size }).count > 1
    }
    #expect(mixed.count > 100)
  }

  @Test(arguments: grids)
  func everyPatchIsReachable(_ grid: PatchGrid) {
    var contexts: Set<Int32> = []
    var targets: Set<Int32> = []
    for masks in Self.draws(.with { $0.minKeep = 4 }, grid, count: 600) {
      contexts.formUnion(masks.contexts.flatMap { $0 })
      targets.formUnion(masks.targets.flatMap { $0 })
    }
    let all = Set((0..<grid.count).map(Int32.init))
    #expect(contexts == all, "never context on \(grid): \(all.subtracting(contexts).sorted())")
    #expect(targets == all, "never target on \(grid): \(all.subtracting(targets).sorted())")
  }

  @Test(arguments: grids, [1, 2])
  func contextsAvoidTargetsAndKeepEnough(_ grid: PatchGrid, _ contextBlocks: Int) {
    let configuration = MaskConfiguration.with {
      $0.minKeep = 4
      $0.numEncMasks = contextBlocks
      $0.numPredMasks = 3
    }
    for masks in Self.draws(configuration, grid) {
      let targets = Set(masks.targets.flatMap { $0 })
      #expect(masks.contexts.count == contextBlocks)
      for context in masks.contexts {
        #expect(targets.isDisjoint(with: context))
        #expect(context.count >= 4)
        #expect(zip(context, context.dropFirst()).allSatisfy { $0 < $1 })
        #expect(context.allSatisfy { (0..<grid.count).contains(Int($0)) })
      }
    }
  }

  @Test func overlappingContextsAreWholeBlocks() throws {
    let grid = PatchGrid(rows: 8, columns: 9)
    let configuration = MaskConfiguration.with { $0.allowOverlap = true }
    let possible = possibleSizes(0.85...1, 1...1, on: grid)
    var overlaps = 0
    for masks in Self.draws(configuration, grid) {
      let context = try #require(Extent(masks.contexts[0], on: grid))
      #expect(possible.contains(context.size), "\(context)")
      if !Set(masks.contexts[0]).isDisjoint(with: masks.targets[0]) { overlaps += 1 }
    }
    #expect(overlaps > 250)
  }

  /// A minimum that few draws meet is met all the same, whatever the rest asks for.
  @Test(arguments: [
    // One draw in 85 has a context this large.
    MaskConfiguration.with {
      $0.encMaskScale = 0.1...0.9
      $0.minKeep = 64
      $0.allowOverlap = true
    },
    MaskConfiguration.with {
      $0.encMaskScale = 0.1...0.9
      $0.minKeep = 55
    },
    // Targets cover most of the grid.
    MaskConfiguration.with {
      $0.predMaskScale = 0.9...0.9
      $0.minKeep = 30
      $0.encMaskScale = 1...1
    },
    MaskConfiguration.with {
      $0.numPredMasks = 40
      $0.minKeep = 40
    },
  ])
  func keepsTheMinimum(_ configuration: MaskConfiguration) {
    for masks in Self.draws(configuration, PatchGrid(rows: 8, columns: 8), count: 100) {
      #expect(masks.contexts[0].count >= configuration.minKeep)
      #expect(masks.targets.count == configuration.numPredMasks)
      #expect(masks.targets.allSatisfy { !$0.isEmpty })
    }
  }

  /// What no draw can satisfy ends with as much context as there is.
  @Test func impossibleMinimumTerminates() {
    let masks = Self.draws(
      .with { $0.minKeep = 1000 }, PatchGrid(rows: 3, columns: 3), count: 20)
    for masks in masks { #expect(masks.contexts[0].count == 9) }
  }

  @Test func degenerateGrids() throws {
    for grid in [
      PatchGrid(rows: 1, columns: 1), PatchGrid(rows: 1, columns: 7),
      PatchGrid(rows: 9, columns: 1),
    ] {
      for masks in Self.draws(.with { $0.minKeep = 1 }, grid, count: 50) {
        for target in masks.targets { _ = try #require(Extent(target, on: grid)) }
        #expect(!masks.contexts[0].isEmpty)
      }
    }
  }

  @Test func aDrawDependsOnItsSourceAlone() {
    let grid = PatchGrid(rows: 8, columns: 8)
    #expect(Self.draws(.with { _ in }, grid) == Self.draws(.with { _ in }, grid))
    let other = Self.draws(.with { _ in }, grid, seed: 2)
    #expect(Self.draws(.with { _ in }, grid) != other)
  }
}
