import Testing

@testable import JEPA

/// Masks that no draw can satisfy are refused before training starts.
@Suite struct ConfigurationMaskTests {
  private static let tiny = "data: {crop_size: 64}\nmask:\n  patch_size: 8\n"

  @Test(arguments: [
    "  min_keep: 55", "  min_keep: 64\n  allow_overlap: true",
    "  min_keep: 8\n  reference: true", "  min_keep: 1\n  aspect_ratio: [0.01, 100.0]",
    "  min_keep: 1\n  pred_mask_scale: [0.016, 1.0]",
  ])
  func accepts(_ mask: String) throws {
    _ = try TrainingConfiguration(yaml: Self.tiny + mask)
  }

  @Test(arguments: [
    (
      "  min_keep: 56",
      "c.yaml:4: mask.min_keep is 56, but a context can keep at most 55 of the 64 "
        + "patches of the 8×8 grid; lower it to 55 or less"
    ),
    (
      "  min_keep: 65\n  allow_overlap: true",
      "c.yaml:4: mask.min_keep is 65, but a context can "
        + "keep at most 64 of the 64 patches of the 8×8 grid; lower it to 64 or less"
    ),
    (
      "  min_keep: 40\n  enc_mask_scale: [0.5, 0.5]",
      "c.yaml:4: mask.min_keep is 40, but a context "
        + "can keep at most 36 of the 64 patches of the 8×8 grid; lower it to 36 or less"
    ),
    (
      "  aspect_ratio: [9.0, 9.5]",
      "c.yaml:4: mask.aspect_ratio is [9.0, 9.5], so that the smallest "
        + "target block, 9×1 patches, cannot fit the 8×8 grid; bring it nearer to 1, or lower "
        + "mask.pred_mask_scale"
    ),
    (
      "  aspect_ratio: [0.01, 0.02]",
      "c.yaml:4: mask.aspect_ratio is [0.01, 0.02], so that the "
        + "smallest target block, 1×21 patches, cannot fit the 8×8 grid; bring it nearer to 1, or "
        + "lower mask.pred_mask_scale"
    ),
    (
      "  pred_mask_scale: [0.01, 0.2]",
      "c.yaml:4: mask.pred_mask_scale is [0.01, 0.2], whose "
        + "smallest target block is less than one of the 64 patches; raise it, or lower "
        + "mask.patch_size"
    ),
    // A 3×3 block, compared with `>`, never exceeds 9: the reference then draws for ever.
    (
      "  reference: true\n  min_keep: 9",
      "c.yaml:5: mask.min_keep is 9, but under mask.reference a "
        + "target block must hold more, and blocks of 3×3 = 9 patches occur; lower it to 8 or less"
    ),
    (
      "  reference: true\n  min_keep: 4\n  enc_mask_scale: [0.01, 0.02]",
      "c.yaml:5: mask.min_keep "
        + "is 4, but under mask.reference a context block must hold more, and blocks of 0×0 = 0 "
        + "patches occur; lower mask.patch_size for a finer grid"
    ),
  ])
  func refuses(_ mask: String, _ expected: String) {
    expect(expected) { try TrainingConfiguration(yaml: Self.tiny + mask, source: "c.yaml") }
  }

  @Test func aSinglePatchHoldsNoReferenceBlock() {
    let yaml = """
      data: {crop_size: 8}
      mask: {patch_size: 8, min_keep: 1, reference: true, pred_mask_scale: [1.0, 1.0]}
      """
    expect(
      "c.yaml:2: mask.reference leaves the last row and column out, so that a 1×1 grid holds no "
        + "block; lower mask.patch_size, or set mask.reference to false"
    ) { try TrainingConfiguration(yaml: yaml, source: "c.yaml") }
  }
}
