import JEPATensor
import JEPAViT

/// Multi-block masks as the reference implementation draws them, faults included, for parity:
///
/// 1. one random number sets both scale and aspect ratio, once for the whole batch;
/// 2. a block is always smaller than the grid and never touches its last row or column;
/// 3. every list of a batch is cut, row by row, to the length of the shortest;
/// 4. a block must hold *more* than `minimumContext` patches.
public struct ReferenceMasks: Sendable {
  private let settings: MultiBlockMasks

  public init(_ settings: MultiBlockMasks) { self.settings = settings }

  /// - Parameters:
  ///   - batch: the source of the block sizes, which the batch shares.
  ///   - images: per image, the source of its positions.
  public func masks(batch: RandomSource, images: [RandomSource]) -> MaskBatch {
    var batch = batch
    let targetSize = size(settings.targetScale, settings.aspectRatio, using: &batch)
    let contextSize = size(settings.contextScale, 1...1, using: &batch)
    let drawn = images.map { source -> ImageMasks in
      var random = source
      let targets = (0..<settings.targetBlocks).map { _ in
        place(targetSize, without: [], using: &random)
      }
      let excluded = settings.allowOverlap ? [] : targets.map(\.block)
      let contexts = (0..<settings.contextBlocks).map { _ in
        place(contextSize, without: excluded, using: &random)
      }
      return ImageMasks(contexts: contexts.map(\.patches), targets: targets.map(\.patches))
    }
    let shortestContext = drawn.flatMap(\.contexts).map(\.count).min() ?? 0
    let shortestTarget = drawn.flatMap(\.targets).map(\.count).min() ?? 0
    return MaskBatch(
      images: drawn.map { masks in
        ImageMasks(
          contexts: masks.contexts.map { Array($0.prefix(shortestContext)) },
          targets: masks.targets.map { Array($0.prefix(shortestTarget)) })
      }, grid: settings.grid)
  }

  private func size(
    _ scale: ClosedRange<Double>, _ aspect: ClosedRange<Double>, using random: inout RandomSource
  ) -> (height: Int, width: Int) {
    let number = random.uniform()
    let part = scale.lowerBound + number * (scale.upperBound - scale.lowerBound)
    let ratio = aspect.lowerBound + number * (aspect.upperBound - aspect.lowerBound)
    let area = Double(Int(Double(settings.grid.count) * part))
    return (
      min(Int((area * ratio).squareRoot().rounded(.toNearestOrEven)), settings.grid.rows - 1),
      min(Int((area / ratio).squareRoot().rounded(.toNearestOrEven)), settings.grid.columns - 1)
    )
  }

  /// Tries positions until more than `minimumContext` patches remain, giving up one excluded block
  /// after every 20 failures. A size that can never hold enough is refused by the configuration; here
  /// it ends with what there is.
  private func place(
    _ size: (height: Int, width: Int), without excluded: [Block],
    using random: inout RandomSource
  ) -> (block: Block, patches: [Int32]) {
    var tries = 0
    while true {
      let block = Block(
        top: random.integer(below: settings.grid.rows - size.height),
        left: random.integer(below: settings.grid.columns - size.width), height: size.height,
        width: size.width)
      let remaining = max(0, excluded.count - tries / 20)
      let patches = block.patches(settings.grid, without: Array(excluded.prefix(remaining)))
      if patches.count > settings.minimumContext || tries / 20 > excluded.count {
        return (block, patches)
      }
      tries += 1
    }
  }
}
