extension TrainingConfiguration {
  /// Refuses masks that no draw can satisfy.
  func validateMasks() throws {
    let side = data.cropSize / mask.patchSize
    let patches = side * side
    let scale = mask.predMaskScale
    if Int(Double(patches) * scale.lowerBound) < 1 {
      throw ConfigurationError(
        key: "mask.pred_mask_scale",
        message: "mask.pred_mask_scale is \(scale.configurationValue.yaml), whose smallest target "
          + "block is less than one of the \(patches) patches; raise it, or lower mask.patch_size")
    }
    if mask.reference {
      try validateReferenceMasks(side: side)
    } else {
      try validateMendedMasks(side: side)
    }
  }

  /// The mended form: some aspect ratio must fit the grid, and the context must be able to keep
  /// `min_keep` patches beside the smallest target block.
  private func validateMendedMasks(side: Int) throws {
    let patches = side * side
    let area = Double(Int(Double(patches) * mask.predMaskScale.lowerBound))
    let ratio = min(max(1, mask.aspectRatio.lowerBound), mask.aspectRatio.upperBound)
    let height = max(1, Int((area * ratio).squareRoot().rounded()))
    let width = max(1, Int((area / ratio).squareRoot().rounded()))
    if height > side || width > side {
      throw ConfigurationError(
        key: "mask.aspect_ratio",
        message: "mask.aspect_ratio is \(mask.aspectRatio.configurationValue.yaml), so that the "
          + "smallest target block, \(height)×\(width) patches, cannot fit the \(side)×\(side) "
          + "grid; bring it nearer to 1, or lower mask.pred_mask_scale")
    }
    let largest = Int(Double(patches) * mask.encMaskScale.upperBound)
    let extent = min(side, Int(Double(largest).squareRoot().rounded()))
    let beside = mask.allowOverlap ? patches : patches - height * width
    let most = min(extent * extent, beside)
    if most < 1 {
      let key = extent < 1 ? "mask.enc_mask_scale" : "mask.pred_mask_scale"
      let range = extent < 1 ? mask.encMaskScale : mask.predMaskScale
      throw ConfigurationError(
        key: key,
        message: "\(key) is \(range.configurationValue.yaml), which leaves a context none of the "
          + "\(patches) patches of the \(side)×\(side) grid; "
          + (extent < 1 ? "raise it" : "lower it, or set mask.allow_overlap"))
    }
    if mask.minKeep > most {
      throw ConfigurationError(
        key: "mask.min_keep",
        message: "mask.min_keep is \(mask.minKeep), but a context can keep at most \(most) of the "
          + "\(patches) patches of the \(side)×\(side) grid; lower it to \(most) or less")
    }
  }

  /// The reference's form draws again until a block holds *more* than `min_keep` patches, target
  /// blocks included, whose size is fixed before the first try: one that is too small never ends.
  private func validateReferenceMasks(side: Int) throws {
    if side < 2 {
      throw ConfigurationError(
        key: "mask.reference",
        message: "mask.reference leaves the last row and column out, so that a \(side)×\(side) "
          + "grid holds no block; lower mask.patch_size, or set mask.reference to false")
    }
    let target = smallestReferenceBlock(mask.predMaskScale, mask.aspectRatio, side: side)
    let context = smallestReferenceBlock(mask.encMaskScale, 1...1, side: side)
    for (name, block) in [("target", target), ("context", context)]
    where block.height * block.width <= mask.minKeep {
      let size = block.height * block.width
      let advice =
        size > 1 ? "lower it to \(size - 1) or less" : "lower mask.patch_size for a finer grid"
      throw ConfigurationError(
        key: "mask.min_keep",
        message: "mask.min_keep is \(mask.minKeep), but under mask.reference a \(name) block must "
          + "hold more, and blocks of \(block.height)×\(block.width) = \(size) patches occur; "
          + advice)
    }
  }

  /// The smallest block of the reference's rule over its single random number.
  private func smallestReferenceBlock(
    _ scale: ClosedRange<Double>, _ aspectRatio: ClosedRange<Double>, side: Int
  ) -> (height: Int, width: Int) {
    let draws = 1000
    let blocks = (0...draws).map { index -> (height: Int, width: Int) in
      let random = Double(index) / Double(draws)
      let part = scale.lowerBound + random * (scale.upperBound - scale.lowerBound)
      let area = Double(Int(Double(side * side) * part))
      let ratio =
        aspectRatio.lowerBound + random * (aspectRatio.upperBound - aspectRatio.lowerBound)
      return (
        min(side - 1, Int((area * ratio).squareRoot().rounded(.toNearestOrEven))),
        min(side - 1, Int((area / ratio).squareRoot().rounded(.toNearestOrEven)))
      )
    }
    return blocks.min { $0.height * $0.width < $1.height * $1.width } ?? (0, 0)
  }
}
