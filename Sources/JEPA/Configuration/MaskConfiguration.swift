/// `mask`: how context and target blocks are drawn.
public struct MaskConfiguration: ConfigurationSection {
  /// Whether the context keeps patches that are also targets.
  public var allowOverlap = false
  /// Height over width of a target block.
  public var aspectRatio = 0.75...1.5
  /// The part of the grid that a context block covers, before targets are removed.
  public var encMaskScale = 0.85...1.0
  /// Patches that a context must keep. With `reference` the number must be *exceeded*, and by
  /// target blocks too.
  public var minKeep = 10
  /// Context blocks per image.
  public var numEncMasks = 1
  /// Target blocks per image.
  public var numPredMasks = 4
  /// Height and width of a patch, in pixels.
  public var patchSize = 14
  /// The part of the grid that a target block covers.
  public var predMaskScale = 0.15...0.2
  /// Draws masks as the reference implementation does, faults included: one random number for
  /// scale and aspect ratio, no block in the last row and column, contexts cut to the batch's
  /// shortest.
  public var reference = false
  /// How often, as a probability per image, one of the target blocks is the region of the image that
  /// the data set names, as ambiguous scenes do; the others are drawn as ever.
  public var regionProbability = 0.0

  /// The defaults.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init("allow_overlap", \.allowOverlap, nil, "whether the context keeps target patches"),
    .init("aspect_ratio", \.aspectRatio, .ratios, "height over width of a target block"),
    .init("enc_mask_scale", \.encMaskScale, .fractions, "part of the grid a context block covers"),
    .init("min_keep", \.minKeep, .atLeast(1), "patches that a context must keep"),
    .init("num_enc_masks", \.numEncMasks, .within(1...1000), "context blocks per image"),
    .init("num_pred_masks", \.numPredMasks, .within(1...1000), "target blocks per image"),
    .init("patch_size", \.patchSize, .within(1...16_384), "height and width of a patch, in pixels"),
    .init("pred_mask_scale", \.predMaskScale, .fractions, "part of the grid a target block covers"),
    .init(
      "reference", \.reference, nil,
      "draws masks as the reference implementation does, faults included"),
    .init(
      "region_probability", \.regionProbability, .within(0...1),
      "how often one target block is the region of an ambiguous scene that the context leaves open"),
  ]
}
