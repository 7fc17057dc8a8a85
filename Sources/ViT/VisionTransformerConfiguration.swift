import JEPATensor

/// The sizes of a vision transformer.
public struct VisionTransformerConfiguration: Sendable, Hashable, Codable {
  /// Side of a square patch, in pixels.
  public var patchSize: Int
  public var imageHeight: Int
  public var imageWidth: Int
  public var channels = 3
  /// Width of a token.
  public var embedDimensions: Int
  /// Number of blocks.
  public var depth: Int
  public var heads: Int
  /// Hidden width of the MLP over the token width.
  public var mlpRatio = 4.0
  public var qkvBias = true
  public var layerNormEpsilon = 1e-6
  /// Stochastic depth of the last block; earlier blocks have less, linearly (Huang et al. 2016).
  public var dropPathRate = 0.0

  public init(
    patchSize: Int, imageHeight: Int, imageWidth: Int, embedDimensions: Int, depth: Int, heads: Int
  ) {
    self.patchSize = patchSize
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.embedDimensions = embedDimensions
    self.depth = depth
    self.heads = heads
  }

  /// Rows and columns of whole patches; an image may have pixels beyond them, which are not seen.
  public var grid: PatchGrid {
    PatchGrid(rows: imageHeight / patchSize, columns: imageWidth / patchSize)
  }

  /// Hidden width of the MLP. `nextUp`, because width · (hidden / width) may round to just below hidden.
  public var mlpDimensions: Int { Int((Double(embedDimensions) * mlpRatio).nextUp) }

  /// Names of the presets, small to large.
  public static let presetNames = [
    "vit_tiny", "vit_small", "vit_base", "vit_large", "vit_huge", "vit_giant",
  ]

  /// A preset with the reference's sizes, or nil for an unknown name.
  public static func preset(
    _ name: String, patchSize: Int, imageHeight: Int, imageWidth: Int
  ) -> VisionTransformerConfiguration? {
    let sizes: [String: (Int, Int, Int)] = [
      "vit_tiny": (192, 12, 3), "vit_small": (384, 12, 6), "vit_base": (768, 12, 12),
      "vit_large": (1024, 24, 16), "vit_huge": (1280, 32, 16), "vit_giant": (1408, 40, 16),
    ]
    guard let (dimensions, depth, heads) = sizes[name] else { return nil }
    var result = VisionTransformerConfiguration(
      patchSize: patchSize, imageHeight: imageHeight, imageWidth: imageWidth,
      embedDimensions: dimensions, depth: depth, heads: heads)
    if name == "vit_giant" { result.mlpRatio = 48.0 / 11.0 }
    return result
  }

  func check() {
    require(
      patchSize > 0 && imageHeight >= patchSize && imageWidth >= patchSize,
      "VisionTransformer: image \(imageHeight)×\(imageWidth) is smaller than a patch of \(patchSize)"
    )
    require(
      embedDimensions % heads == 0 && embedDimensions % 4 == 0,
      "VisionTransformer: \(embedDimensions) dimensions with \(heads) heads; "
        + "they must divide by the heads and by 4")
  }
}
