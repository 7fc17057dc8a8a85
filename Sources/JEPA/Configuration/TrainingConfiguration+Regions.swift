extension TrainingConfiguration {
  /// Refuses scenes that cannot be drawn, and regions to hide that are not where masks look for them.
  func validateRegions() throws {
    let isAmbiguous = data.dataset == .ambiguousScenes
    if isAmbiguous { try data.validateScenes() }
    guard mask.regionProbability > 0 else { return }
    if !isAmbiguous {
      throw regionError(
        "data.dataset is \(data.dataset.name), which has no regions; set it to "
          + DatasetKind.ambiguousScenes.name)
    }
    if mask.reference {
      throw regionError("mask.reference draws masks without regard to the image; set it to false")
    }
    if data.cropScale != 1...1 || data.useHorizontalFlip {
      throw regionError(
        "crops and mirroring move the region; set data.crop_scale to [1.0, 1.0] and "
          + "data.use_horizontal_flip to false")
    }
  }

  private func regionError(_ reason: String) -> ConfigurationError {
    ConfigurationError(
      key: "mask.region_probability",
      message: "mask.region_probability is "
        + "\(mask.regionProbability.configurationValue.yaml), but \(reason); or set "
        + "mask.region_probability to 0")
  }
}
