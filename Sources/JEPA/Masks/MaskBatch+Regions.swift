import JEPAData
import JEPATensor
import JEPAViT

extension MaskBatch {
  /// Masks that ask for one region of each image: a single target block, the region's patches, and a
  /// single context, all others or those near it.
  ///
  /// With the regions of ``JEPAData/AmbiguousScenes``, contexts hold nothing that the completion drawn
  /// decides, so that the true distribution of what is hidden is known.
  ///
  /// - Parameter reach: the context is the patches at most so many rows and so many columns away from
  ///   the region; `nil` takes all. At least 1.
  public init(hiding regions: [ImageRegion], on grid: PatchGrid, reach: Int? = nil) {
    require(reach ?? 1 >= 1, "MaskBatch: reach \(reach ?? 1) leaves no context")
    self.init(
      images: regions.map { region in
        let hidden = Block(region, on: grid)
        let shown = reach.map { hidden.widened(by: $0, on: grid) } ?? Block(wholeOf: grid)
        return ImageMasks(
          contexts: [shown.patches(grid, without: [hidden])],
          targets: [hidden.patches(grid, without: [])])
      }, grid: grid)
  }
}

extension RegionDataset {
  /// Masks that ask for the region of each of the images at `indices`; see
  /// ``MaskBatch/init(hiding:on:reach:)``.
  public func regionMasks(_ indices: [Int], on grid: PatchGrid, reach: Int? = nil) -> MaskBatch {
    MaskBatch(hiding: indices.map { region(at: $0) }, on: grid, reach: reach)
  }
}

extension ImageRegion {
  /// The patches that hold a pixel of the region, rising, as masks list them.
  public func patches(on grid: PatchGrid) -> [Int32] {
    patches(rows: grid.rows, columns: grid.columns).map(Int32.init)
  }
}

extension AmbiguousScene {
  /// The patches that hold the flag: all that the completion decides. Rising, as masks list them.
  public func hiddenPatches(on grid: PatchGrid) -> [Int32] { region.patches(on: grid) }
}

extension Block {
  /// The patches that hold a pixel of the region.
  init(_ region: ImageRegion, on grid: PatchGrid) {
    let block = region.patchBlock(rows: grid.rows, columns: grid.columns)
    self.init(
      top: block.rows.lowerBound, left: block.columns.lowerBound, height: block.rows.count,
      width: block.columns.count)
  }

  fileprivate init(wholeOf grid: PatchGrid) {
    self.init(top: 0, left: 0, height: grid.rows, width: grid.columns)
  }

  /// With so many more rows and columns on each side, as far as the grid goes.
  fileprivate func widened(by reach: Int, on grid: PatchGrid) -> Block {
    let (top, left) = (max(0, self.top - reach), max(0, self.left - reach))
    return Block(
      top: top, left: left, height: min(grid.rows, self.top + height + reach) - top,
      width: min(grid.columns, self.left + width + reach) - left)
  }
}
