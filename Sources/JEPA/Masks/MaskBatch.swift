import JEPATensor
import JEPAViT

/// Which patches of each image are shown and which are to be predicted.
public struct MaskBatch: Sendable, Equatable {
  /// [context block][image] → patches, rising. Images need not have equally many.
  public let contexts: [[[Int32]]]
  /// [target block][image] → patches, rising.
  public let targets: [[[Int32]]]
  /// The grid whose patches they are; nil where nobody said. Masks are equal by their patches alone.
  public let grid: PatchGrid?

  public init(contexts: [[[Int32]]], targets: [[[Int32]]], grid: PatchGrid? = nil) {
    let images = contexts.first?.count ?? 0
    require(
      !contexts.isEmpty && !targets.isEmpty
        && (contexts + targets).allSatisfy { $0.count == images },
      "MaskBatch: every block must list the same number of images")
    self.contexts = contexts
    self.targets = targets
    self.grid = grid
  }

  public static func == (a: MaskBatch, b: MaskBatch) -> Bool {
    a.contexts == b.contexts && a.targets == b.targets
  }

  /// The masks of single images, which must have equally many blocks, as a batch.
  public init(images: [ImageMasks], grid: PatchGrid? = nil) {
    let contextBlocks = images.first?.contexts.count ?? 1
    let targetBlocks = images.first?.targets.count ?? 1
    self.init(
      contexts: (0..<contextBlocks).map { block in images.map { $0.contexts[block] } },
      targets: (0..<targetBlocks).map { block in images.map { $0.targets[block] } }, grid: grid)
  }

  public var imageCount: Int { contexts[0].count }

  /// Rows that the predictor predicts: every target patch once for each context block.
  public var targetRowCount: Int {
    contexts.count * targets.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } }
  }

  /// The masks of a part of the batch.
  public func images(_ range: Range<Int>) -> MaskBatch {
    MaskBatch(
      contexts: contexts.map { Array($0[range]) }, targets: targets.map { Array($0[range]) },
      grid: grid)
  }

  /// Refuses masks of another grid than that of the images, whose patches would be others than those meant.
  ///
  /// - Parameters:
  ///   - user: what messages call whoever asks.
  ///   - imageGrid: that of the images' patches.
  func requireGrid(_ imageGrid: PatchGrid, of user: String) {
    let advice = "make them with the images' grid, encoder.configuration.grid"
    if let grid {
      require(
        grid == imageGrid,
        "\(user): masks of a grid of \(grid) patches, images of \(imageGrid); \(advice)")
    }
    let range = 0..<Int32(imageGrid.count)
    for block in contexts + targets {
      for patches in block {
        for patch in patches {
          require(
            range ~= patch,
            "\(user): masks with patch \(patch), images of \(imageGrid) patches; \(advice)")
        }
      }
    }
  }

  /// One sequence per (context block, image), image fastest.
  public var contextSequences: PatchSequences {
    PatchSequences(contexts.flatMap { $0.enumerated().map { ($0.offset, $0.element) } })
  }

  /// One sequence per (target block, context block, image), image fastest: the order of the
  /// predictor's rows.
  public var targetSequences: PatchSequences {
    PatchSequences(
      targets.flatMap { block in
        contexts.flatMap { _ in block.enumerated().map { ($0.offset, $0.element) } }
      })
  }
}

/// The masks of one image.
public struct ImageMasks: Sendable, Equatable {
  /// [context block] → patches, rising.
  public let contexts: [[Int32]]
  /// [target block] → patches, rising.
  public let targets: [[Int32]]

  public init(contexts: [[Int32]], targets: [[Int32]]) {
    self.contexts = contexts
    self.targets = targets
  }
}
