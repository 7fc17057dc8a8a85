import JEPAViT

extension TrainingConfiguration {
  /// Checks every value and the values against each other.
  /// - Throws: `ConfigurationError` for the first one at fault.
  public func validate() throws {
    for section in Self.schema { try section.check(self) }
    try validateGrid()
    try validateWidths()
    try validateSchedule()
    try validateMasks()
    try validateRegions()
    try validateWatchdog()
  }

  /// The encoder's sizes: those of `meta.model_name`, with what `meta` replaces.
  /// - Throws: `ConfigurationError` for an unknown name.
  public func encoderConfiguration() throws -> VisionTransformerConfiguration {
    guard
      var encoder = VisionTransformerConfiguration.preset(
        meta.modelName, patchSize: mask.patchSize, imageHeight: data.cropSize,
        imageWidth: data.cropSize)
    else {
      let rule = ConfigurationRule<String>.encoderName
      throw ConfigurationError(
        key: "meta.model_name",
        message: "meta.model_name is \(meta.modelName); it \(rule.statement)")
    }
    encoder.depth = meta.depth ?? encoder.depth
    encoder.embedDimensions = meta.embedDim ?? encoder.embedDimensions
    encoder.heads = meta.numHeads ?? encoder.heads
    encoder.dropPathRate = optimization.dropPath
    return encoder
  }

  private func validateGrid() throws {
    let (crop, patch) = (data.cropSize, mask.patchSize)
    guard crop % patch != 0 else { return }
    let divisors = (1...crop).filter { crop.isMultiple(of: $0) }
    let below = divisors.last { $0 < patch }
    let above = divisors.first { $0 > patch }
    let patches = [below, above].compactMap { $0.map(String.init) }.joined(separator: " or ")
    let (low, high) = (crop / patch * patch, (crop / patch + 1) * patch)
    let crops = low == 0 ? "\(high)" : "\(low) or \(high)"
    throw ConfigurationError(
      key: "mask.patch_size",
      message: "mask.patch_size is \(patch), which does not divide data.crop_size \(crop); "
        + "use a patch_size of \(patches), or a crop_size of \(crops)")
  }

  private func validateWidths() throws {
    let encoder = try encoderConfiguration()
    let heads = encoder.heads
    for (key, width) in [
      ("meta.embed_dim", encoder.embedDimensions), ("meta.pred_emb_dim", meta.predEmbDim),
    ] {
      let unit = leastCommonMultiple(4, heads)
      guard width % unit != 0 else { continue }
      let (low, high) = (width / unit * unit, (width / unit + 1) * unit)
      throw ConfigurationError(
        key: key,
        message: "\(key) is \(width); it must be a multiple of 4, for the positions, and of the "
          + "\(heads) attention heads: use " + (low == 0 ? "\(high)" : "\(low) or \(high)"))
    }
    if evaluation.layers > encoder.depth {
      throw ConfigurationError(
        key: "evaluation.layers",
        message: "evaluation.layers is \(evaluation.layers), but the encoder has "
          + "\(encoder.depth) blocks; use at most \(encoder.depth)")
    }
  }

  private func validateSchedule() throws {
    guard optimization.warmup > Double(optimization.epochs) else { return }
    let warmup = ConfigurationValue.number(optimization.warmup).yaml
    throw ConfigurationError(
      key: "optimization.warmup",
      message: "optimization.warmup is \(warmup) epochs, more than optimization.epochs "
        + "\(optimization.epochs); use at most \(optimization.epochs)")
  }
}

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}

extension ConfigurationRule where Value == String {
  /// The name of a preset.
  static var encoderName: Self {
    let names = VisionTransformerConfiguration.presetNames
    return .init(statement: "must be one of " + names.joined(separator: ", ")) {
      names.contains($0)
    }
  }
}
