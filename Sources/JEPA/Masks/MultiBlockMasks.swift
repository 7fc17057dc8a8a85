import JEPATensor
import JEPAViT

/// I-JEPA's multi-block masks (Assran et al. 2023, §3): several target blocks, and a large context
/// block with the targets cut out.
///
/// Every image draws its own blocks, each with its own scale and its own aspect ratio, anywhere on the
/// grid, and keeps its whole context. ``ReferenceMasks`` has the reference implementation's form.
public struct MultiBlockMasks: Sendable {
  public var grid: PatchGrid
  /// Part of the grid that a context block covers.
  public var contextScale: ClosedRange<Double>
  /// Part of the grid that a target block covers.
  public var targetScale: ClosedRange<Double>
  /// Height over width of a target block.
  public var aspectRatio: ClosedRange<Double>
  public var contextBlocks: Int
  public var targetBlocks: Int
  /// The fewest patches a context may have.
  public var minimumContext: Int
  /// Whether contexts keep the patches of targets.
  public var allowOverlap: Bool

  public init(_ mask: MaskConfiguration, grid: PatchGrid) {
    self.grid = grid
    contextScale = mask.encMaskScale
    targetScale = mask.predMaskScale
    aspectRatio = mask.aspectRatio
    contextBlocks = mask.numEncMasks
    targetBlocks = mask.numPredMasks
    minimumContext = mask.minKeep
    allowOverlap = mask.allowOverlap
  }

  /// The masks of one image.
  ///
  /// Where a context comes out too small, all blocks are drawn again; if that does not help (the
  /// targets may cover nearly everything), contexts take the largest size of their scale and the last
  /// target blocks are given back to them one by one.
  public func masks(using random: inout RandomSource) -> ImageMasks {
    masks(firstTarget: nil, using: &random)
  }

  /// The masks of one image, the first of whose target blocks is given unless it is nil.
  func masks(firstTarget: Block?, using random: inout RandomSource) -> ImageMasks {
    var targets: [Block] = []
    for _ in 0..<100 {
      targets = (0..<targetBlocks).map { _ in block(targetScale, aspectRatio, using: &random) }
      if let firstTarget { targets[0] = firstTarget }
      let contexts = (0..<contextBlocks).map { _ in block(contextScale, 1...1, using: &random) }
      let cut = contexts.map { visible($0, excluding: targets) }
      if cut.allSatisfy({ $0.count >= minimumContext }) {
        return masks(cut, targets)
      }
    }
    let largest = (0..<contextBlocks).map { _ in
      let scale = contextScale.upperBound...contextScale.upperBound
      let context = block(scale, 1...1, using: &random)
      var excluded = targets[...]
      while visible(context, excluding: excluded).count < minimumContext, !excluded.isEmpty {
        excluded.removeLast()
      }
      return visible(context, excluding: excluded)
    }
    return masks(largest, targets)
  }

  private func visible(_ context: Block, excluding targets: some Collection<Block>) -> [Int32] {
    context.patches(grid, without: allowOverlap ? [] : Array(targets))
  }

  private func masks(_ contexts: [[Int32]], _ targets: [Block]) -> ImageMasks {
    ImageMasks(
      contexts: contexts, targets: targets.map { $0.patches(grid, without: []) })
  }

  private func block(
    _ scale: ClosedRange<Double>, _ aspect: ClosedRange<Double>, using random: inout RandomSource
  ) -> Block {
    let part = scale.lowerBound + random.uniform() * (scale.upperBound - scale.lowerBound)
    let ratio = aspect.lowerBound + random.uniform() * (aspect.upperBound - aspect.lowerBound)
    let area = Double(Int(Double(grid.count) * part))
    let height = min(max(1, Int((area * ratio).squareRoot().rounded())), grid.rows)
    let width = min(max(1, Int((area / ratio).squareRoot().rounded())), grid.columns)
    return Block(
      top: random.integer(below: grid.rows - height + 1),
      left: random.integer(below: grid.columns - width + 1), height: height, width: width)
  }
}

/// A rectangle of patches.
struct Block: Sendable {
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  func contains(row: Int, column: Int) -> Bool {
    row >= top && row < top + height && column >= left && column < left + width
  }

  /// The block's patches, rising, without those of `others`.
  func patches(_ grid: PatchGrid, without others: [Block]) -> [Int32] {
    var result: [Int32] = []
    for row in top..<top + height {
      for column in left..<left + width
      where !others.contains(where: { $0.contains(row: row, column: column) }) {
        result.append(Int32(row * grid.columns + column))
      }
    }
    return result
  }
}
