/// How the images in a data set's folder are ordered.
enum DataLayout {
  /// Tiny ImageNet's own layout.
  case tinyImageNet
  /// A folder for each part, with class folders or images in it; nil where there is no such folder.
  case parts(train: FilePath?, validation: FilePath?, remarks: [String])
  /// Class folders, not divided into parts.
  case classes([FilePath], remarks: [String])
  /// Images without labels, not divided into parts.
  case flat(FilePath, remarks: [String])

  /// Names of folders that hold the training part, in any case.
  private static let trainNames = ["train", "training"]
  /// Names of folders that hold the validation part, in any case, the first that is there.
  private static let validationNames = ["val", "validation", "valid", "test", "testing"]

  /// - Throws: `DatasetError` where no layout fits, or the folder is not the data set's own.
  init(of root: FilePath, _ tree: FileTree) throws {
    if try Self.isTinyImageNet(root, tree) {
      self = .tinyImageNet
      return
    }
    let folders = try tree.folders(in: root)
    let train = Self.first(Self.trainNames, in: folders)
    let validation = Self.first(Self.validationNames, in: folders)
    if train != nil || validation != nil {
      let parts = [train, validation].compactMap(\.self)
      let others = try folders.filter { folder in
        try !Self.isPart(folder) && tree.hasImage(under: root.appending(folder))
      }
      let haveClasses = try parts.contains { try Self.hasClasses(root.appending($0), tree) }
      if haveClasses || others.isEmpty {
        self = .parts(
          train: try train.map { try Self.undoubled(root.appending($0), tree) },
          validation: try validation.map { try Self.undoubled(root.appending($0), tree) },
          remarks: others.isEmpty
            ? []
            : [
              "\(root): not read, since they lie beside its parts: \(ClassNames.list(others.map(\.text)))"
            ])
        return
      }
      if train != nil, validation != nil {
        throw DatasetError(
          path: root.text,
          reason: .partOrClass(
            parts[0].text, others: ClassNames.list((parts.dropFirst() + others).map(\.text))))
      }
      let names = parts.map(\.text).joined()
      self = .classes(
        try folders.filter { try tree.hasImage(under: root.appending($0)) },
        remarks: [
          "\(root): \(names) is read as a class, since it holds images and lies beside other classes"
        ])
      return
    }
    try self.init(unsplit: root, folders, tree)
  }

  private init(unsplit root: FilePath, _ folders: [FilePath], _ tree: FileTree) throws {
    let classes = try folders.filter { try tree.hasImage(under: root.appending($0)) }
    if classes.isEmpty {
      guard try tree.imageCount(in: root) > 0 else {
        _ = try tree.images(under: root)
        if let passedOver = tree.passedOver.list {
          throw DatasetError(path: root.text, reason: .noImages(passedOver: passedOver))
        }
        throw DatasetError(
          path: root.text,
          reason: .unknownLayout(
            lookedFor: "train/<wnid>/images or val/val_annotations.txt (Tiny ImageNet), "
              + "train/<class> and val/<class> (image folders), "
              + "<class>/*.jpg (one image folder), *.jpg (images without labels)"))
      }
      self = .flat(root, remarks: [])
      return
    }
    try Self.refuseParts(below: root, classes, tree)
    // A folder without images among them is refused later on, as a class that lacks them.
    self = .classes(folders, remarks: try Self.looseImages(in: root, tree))
  }

  /// Refuses a folder above a data set, and class folders that are divided into parts.
  private static func refuseParts(
    below root: FilePath, _ classes: [FilePath], _ tree: FileTree
  ) throws {
    let divided = try classes.map(root.appending).filter {
      try trainingPart(of: $0, needsValidation: classes.count > 1, tree) != nil
    }
    if divided.count > 1, let train = try trainingPart(of: divided[0], needsValidation: true, tree),
      try tree.imageCount(in: train) > 0
    {
      throw DatasetError(path: root.text, reason: .partsWithinClasses(example: train.text))
    }
    if let folder = divided.first {
      throw DatasetError(path: root.text, reason: .tooHigh(below: folder.text))
    }
    // Further down, as long as there is one way to go.
    var (folder, names) = (root, classes)
    for _ in 0..<4 where names.count == 1 {
      folder = folder.appending(names[0])
      if try trainingPart(of: folder, needsValidation: false, tree) != nil {
        throw DatasetError(path: root.text, reason: .tooHigh(below: folder.text))
      }
      names = try tree.folders(in: folder).filter { try tree.hasImage(under: folder.appending($0)) }
    }
  }

  /// The folder with training images in a folder that is divided into parts; nil in any other.
  private static func trainingPart(
    of folder: FilePath, needsValidation: Bool, _ tree: FileTree
  ) throws -> FilePath? {
    let folders = try tree.folders(in: folder)
    guard let train = first(trainNames, in: folders).map(folder.appending),
      !needsValidation || first(validationNames, in: folders) != nil,
      try tree.hasImage(under: train)
    else { return nil }
    return train
  }

  /// A part's folder, or the folder of the same name that is all it holds, as archives leave behind.
  private static func undoubled(_ part: FilePath, _ tree: FileTree) throws -> FilePath {
    let folders = try tree.folders(in: part)
    guard folders.count == 1, let inner = folders.first,
      inner.text.lowercased() == part.lastComponent.text.lowercased(),
      try tree.imageCount(in: part) == 0
    else { return part }
    return part.appending(inner)
  }

  /// A line about images beside class folders, which belong to no class.
  static func looseImages(in folder: FilePath, _ tree: FileTree) throws -> [String] {
    let count = try tree.imageCount(in: folder)
    if count == 0 { return [] }
    let images = count == 1 ? "1 image is" : "\(count) images are"
    return ["\(folder): \(images) left out, beside the class folders"]
  }

  /// Whether a part's folder has folders with images in them.
  static func hasClasses(_ part: FilePath, _ tree: FileTree) throws -> Bool {
    try tree.folders(in: part).contains { try tree.hasImage(under: part.appending($0)) }
  }

  private static func isPart(_ folder: FilePath) -> Bool {
    (trainNames + validationNames).contains(folder.text.lowercased())
  }

  /// The first of `names` among the folders: as it is written, or else in any case.
  private static func first(_ names: [String], in folders: [FilePath]) -> FilePath? {
    names.lazy.compactMap { name in folders.first { $0.text == name } }.first
      ?? names.lazy.compactMap { name in folders.first { $0.text.lowercased() == name } }.first
  }

  private static func isTinyImageNet(_ root: FilePath, _ tree: FileTree) throws -> Bool {
    let validation = root.appending("val")
    if FileTree.isFolder(validation) {
      let hasList = FileTree.exists(validation.appending("val_annotations.txt"))
      if try tree.imageCount(in: validation.appending("images")) == 0 {
        // A validation part that was sorted into class folders is read as an image folder, also where the
        // list was left behind.
        if try hasClasses(validation, tree) { return false }
        return hasList
      }
      if hasList { return true }
    }
    let train = root.appending("train")
    guard let folders = try? tree.folders(in: train), !folders.isEmpty else { return false }
    return folders.allSatisfy { FileTree.isFolder(train.appending($0).appending("images")) }
  }
}
