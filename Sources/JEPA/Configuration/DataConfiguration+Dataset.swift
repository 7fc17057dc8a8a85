import JEPAData

extension DataConfiguration {
  /// Opens the data set that this section describes.
  ///
  /// `samples` limits the training images to so many, evenly spread over the data set; procedural
  /// scenes are 5,000 for training, unless `samples` says otherwise, and 1,000 for validation.
  /// - Throws: `DatasetError` where the folder is no such data set, `ConfigurationError` where no
  ///   folder is given or it has fewer classes than asked for.
  public func openDataset(_ split: DatasetSplit) throws -> any ImageDataset {
    if dataset == .procedural {
      let count = split == .train ? samples ?? 5_000 : 1_000
      return ProceduralScenes(count: count, split: split, height: cropSize, width: cropSize)
    }
    guard !path.isEmpty else {
      throw ConfigurationError(
        key: "data.root_path",
        message: "data.root_path is empty; set it to the folder of the data set, or give --data")
    }
    let opened: any ImageDataset
    switch classes {
    case .all: opened = try open(split, nil)
    case .named(let names): opened = try open(split, names)
    case .first(let count):
      // Validation images take the classes that training images have.
      let names = try open(.train, nil).classNames.sorted()
      guard count <= names.count else {
        throw ConfigurationError(
          key: "data.classes",
          message: "data.classes is \(count), but \(path) holds \(names.count) classes; "
            + "use at most \(names.count)")
      }
      opened = try open(split, Array(names.prefix(count)))
    }
    guard split == .train, let samples, samples < opened.count else { return opened }
    return opened.subset((0..<samples).map { $0 * opened.count / samples })
  }

  private func open(_ split: DatasetSplit, _ classes: [String]?) throws -> any ImageDataset {
    dataset == .tinyImageNet
      ? try TinyImageNet(root: path, split: split, classes: classes)
      : try JEPAData.openDataset(at: path, split: split, classes: classes)
  }
}
