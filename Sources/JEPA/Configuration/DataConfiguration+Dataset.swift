import JEPAData

extension DataConfiguration {
  /// Opens the data set that this section describes.
  ///
  /// `samples` limits the training images to so many, evenly spread over the data set; drawn
  /// scenes are 5,000 for training, unless `samples` says otherwise, and 1,000 for validation.
  /// - Throws: `DatasetError` where the folder is no such data set, `ConfigurationError` where no
  ///   folder is given or it has fewer classes than asked for.
  public func openDataset(_ split: DatasetSplit) throws -> any ImageDataset {
    let opened = try dataset.open(self, split)
    guard split == .train, let samples, samples < opened.count else { return opened }
    return opened.subset((0..<samples).map { $0 * opened.count / samples })
  }

  /// Images that drawn scenes have.
  func drawnCount(_ split: DatasetSplit) -> Int { split == .train ? samples ?? 5_000 : 1_000 }

  /// A data set of files, with the classes that are asked for.
  func openFolder(_ split: DatasetSplit) throws -> any ImageDataset {
    guard !path.isEmpty else {
      throw ConfigurationError(
        key: "data.root_path",
        message: "data.root_path is empty; set it to the folder of the data set, or give --data")
    }
    switch classes {
    case .all: return try open(split, nil)
    case .named(let names): return try open(split, names)
    case .first(let count):
      // Validation images take the classes that training images have.
      let names = try open(.train, nil).classNames.sorted()
      guard count <= names.count else {
        throw ConfigurationError(
          key: "data.classes",
          message: "data.classes is \(count), but \(path) holds \(names.count) classes; "
            + "use at most \(names.count)")
      }
      return try open(split, Array(names.prefix(count)))
    }
  }

  /// The ambiguous scenes that this section describes, with the truth about each.
  /// - Throws: `ConfigurationError` where the settings do not suit `cropSize` or each other.
  public func ambiguousScenes(_ split: DatasetSplit, count: Int) throws -> AmbiguousScenes {
    try validateScenes()
    return AmbiguousScenes(
      count: count, seed: sceneSeed, split: split, size: cropSize, settings: sceneSettings)
  }

  private var sceneSettings: AmbiguousScenes.Settings {
    AmbiguousScenes.Settings(
      ambiguous: sceneAmbiguous, modes: sceneModes, skew: sceneSkew, grid: sceneGrid,
      region: sceneRegion)
  }

  /// Refuses settings with which ambiguous scenes cannot be drawn at `cropSize`.
  func validateScenes() throws {
    guard let (setting, reason) = sceneSettings.problem(size: cropSize) else { return }
    throw ConfigurationError(
      key: "data.scene_\(setting)", message: "data.scene_\(setting) \(reason)")
  }

  private func open(_ split: DatasetSplit, _ classes: [String]?) throws -> any ImageDataset {
    let links: LinkPolicy = followLinks ? .anywhere : .inside
    let decoding = ImageDecoding(appliesOrientation: exifOrientation)
    return dataset == .tinyImageNet
      ? try TinyImageNet(
        root: path, split: split, classes: classes, links: links, decoding: decoding)
      : try JEPAData.openDataset(
        at: path, split: split, classes: classes, links: links, decoding: decoding)
  }
}
