/// Opens the data set in a folder, whichever of the known layouts it has:
///
/// 1. Tiny ImageNet: `train/<wnid>/images/` or `val/val_annotations.txt`.
/// 2. An image folder per split: `train/<class>/…` and `val/<class>/…` (or `validation/`, `valid/`,
///    `test/`, in this order, in any case). Labels follow the names of the training part's folders in both.
/// 3. One image folder, `<class>/…`, without a split: every tenth image of each class, in sorted
///    order, is the validation part, the others are the training part. Of a class with two to nine images
///    the last one is.
/// 4. Images without labels, `train/*.jpg` or `*.jpg`.
///
/// A part may be doubled, as `train/train/<class>`. Folders of thumbnails and wastebaskets are left out.
///
/// - Parameters:
///   - classes: The classes wanted; all by default.
///   - links: whether links may lead out of the folder.
/// - Throws: `DatasetError`; where no layout fits, it says what was looked for.
public func openDataset(
  at path: String, split: DatasetSplit, classes: [String]? = nil, links: LinkPolicy = .inside,
  decoding: ImageDecoding = .init()
) throws -> any ImageDataset {
  let root = FilePath(path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
  try FileTree.requireFolder(root)
  let opening = DatasetOpening(
    split: split, classes: classes, tree: FileTree(DataRoot(root, links: links)),
    decoding: decoding)
  switch try DataLayout(of: root, opening.tree) {
  case .tinyImageNet:
    return try TinyImageNet(
      root: root.text, split: split, classes: classes, links: links, decoding: decoding)
  case .parts(let train, let validation, let remarks):
    // A missing part is an error that names its folder, never replaced by the other part.
    let found = split == .train ? train : validation
    let part = found ?? root.appending(split == .train ? "train" : "val")
    return try opening.part(part, training: train, remarks: remarks)
  case .classes(let folders, let remarks):
    return try opening.unsplit(root, folders, remarks: remarks)
  case .flat(let folder, let remarks):
    guard split == .train else { throw DatasetError(path: root.text, reason: .unlabeled) }
    return try opening.unlabeled(folder, remarks: remarks)
  }
}

/// What is asked for of a data set.
private struct DatasetOpening {
  let split: DatasetSplit
  let classes: [String]?
  let tree: FileTree
  let decoding: ImageDecoding

  /// One part, in a folder of its own.
  func part(_ folder: FilePath, training: FilePath?, remarks: [String]) throws -> any ImageDataset {
    try FileTree.requireFolder(folder)
    if try !DataLayout.hasClasses(folder, tree), try tree.imageCount(in: folder) > 0 {
      return try unlabeled(folder, remarks: remarks)
    }
    let folders = try tree.folders(in: folder)
    let loose = try remarks + DataLayout.looseImages(in: folder, tree)
    let labeled =
      try split == .validation
      ? training.map { try tree.folders(in: $0).map(\.text) } : nil
    guard let known = labeled, !known.isEmpty else {
      let one = try split == .train ? oneClass(folders, in: folder) : []
      return try ImageFolder(
        root: folder, folders: wanted(folders, in: folder), tree: tree, decoding: decoding
      ).remarking(loose + one)
    }
    if let missing = classes?.first(where: { !known.contains($0) }) {
      throw DatasetError(path: training?.text ?? folder.text, reason: .unknownClass(missing))
    }
    let names = classes.map { wanted in known.filter(Set(wanted).contains) } ?? known
    let all = Set(known)
    // A folder without images beside the classes is none.
    let read = try folders.filter {
      try all.contains($0.text) || tree.hasImage(under: folder.appending($0))
    }
    return try ImageFolder(
      root: folder, folders: read, training: names, known: known, tree: tree, decoding: decoding
    ).remarking(loose)
  }

  /// One part of class folders that are not divided.
  func unsplit(
    _ root: FilePath, _ folders: [FilePath], remarks: [String]
  ) throws -> any ImageDataset {
    let one = try split == .train ? oneClass(folders, in: root) : []
    let whole = try ImageFolder(
      root: root, folders: wanted(folders, in: root), tree: tree, decoding: decoding
    ).remarking(remarks + one)
    let part = everyTenth(of: whole, split)
    if part.count == 0 { throw DatasetError(path: root.text, reason: .noValidationImages) }
    return part
  }

  func unlabeled(_ folder: FilePath, remarks: [String]) throws -> any ImageDataset {
    if classes != nil { throw DatasetError(path: folder.text, reason: .noClasses) }
    let files = try tree.images(under: folder)
    return ImageFiles(files: files, decoding: decoding, remarks: remarks + tree.remarks(folder))
  }

  /// A line about a single class, which may be a folder too many in the path.
  private func oneClass(_ folders: [FilePath], in folder: FilePath) throws -> [String] {
    guard folders.count == 1, let name = folders.first else { return [] }
    let inner = try tree.folders(in: folder.appending(name)).map(\.text)
    return [
      "\(folder): one class, \(name), so that accuracies are 100 % whatever the encoder"
        + (inner.count < 2
          ? "" : "; its folders, \(ClassNames.list(inner)), count as no classes where they are")
    ]
  }

  private func wanted(_ folders: [FilePath], in folder: FilePath) throws -> [FilePath] {
    guard let classes else { return folders }
    if let missing = classes.first(where: { name in !folders.contains { $0.text == name } }) {
      throw DatasetError(path: folder.text, reason: .unknownClass(missing))
    }
    return folders.filter { Set(classes).contains($0.text) }
  }
}

private func everyTenth(of dataset: ImageFolder, _ split: DatasetSplit) -> ImageSubset {
  var sizes = [Int](repeating: 0, count: dataset.classNames.count)
  for label in dataset.labels { sizes[label] += 1 }
  var position = [Int](repeating: 0, count: sizes.count)
  let indices = (0..<dataset.count).filter { index in
    let label = dataset.label(at: index)
    position[label] += 1
    let isLastOfFew = 2...9 ~= sizes[label] && position[label] == sizes[label]
    return (position[label] % 10 == 0 || isLastOfFew) == (split == .validation)
  }
  return dataset.subset(indices)
}
