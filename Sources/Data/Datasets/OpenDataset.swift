/// Opens the data set in a folder, whichever of the known layouts it has:
///
/// 1. Tiny ImageNet: `train/<wnid>/images/` or `val/val_annotations.txt`.
/// 2. An image folder per split: `train/<class>/…` and `val/<class>/…` (or `validation/`, `valid/`,
///    `test/`, in this order).
/// 3. One image folder, `<class>/…`, without a split: every tenth image of each class, in sorted
///    order, is the validation part, the others are the training part.
///
/// - Parameters:
///   - classes: The classes wanted; all by default.
///   - links: whether links may lead out of the folder.
/// - Throws: `DatasetError`; where no layout fits, it says what was looked for.
public func openDataset(
  at path: String, split: DatasetSplit, classes: [String]? = nil, links: LinkPolicy = .inside
) throws -> any ImageDataset {
  let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  guard FileTree.isFolder(root) else { throw DatasetError(path: root, reason: .missingFolder) }
  let data = DataRoot(root, links: links)
  if isTinyImageNet(root, data) {
    return try TinyImageNet(root: root, split: split, classes: classes, links: links)
  }
  let validation = ["val", "validation", "valid", "test"]
    .first { FileTree.isFolder("\(root)/\($0)") }
  if FileTree.isFolder(root + "/train") || validation != nil {
    // A missing part is an error that names its folder, never replaced by the other part.
    let part = split == .train ? "train" : validation ?? "val"
    return try ImageFolder(root: root + "/" + part, classes: classes, within: data)
  }
  let folders = try FileTree.folders(in: root, data)
  let hasImages = try folders.contains {
    try !FileTree.images(under: "\(root)/\($0)", data).isEmpty
  }
  guard hasImages else {
    throw DatasetError(
      path: root,
      reason: .unknownLayout(
        lookedFor: "train/<wnid>/images or val/val_annotations.txt (Tiny ImageNet), "
          + "train/<class> and val/<class> (image folders), "
          + "<class>/*.{jpg,jpeg,png} (one image folder)"))
  }
  return everyTenth(of: try ImageFolder(root: root, classes: classes, within: data), split)
}

private func isTinyImageNet(_ root: String, _ data: DataRoot) -> Bool {
  if FileTree.exists(root + "/val/val_annotations.txt") { return true }
  // A validation part that was sorted into class folders is read as an image folder.
  if FileTree.isFolder(root + "/val") && !FileTree.isFolder(root + "/val/images") { return false }
  guard let folders = try? FileTree.folders(in: root + "/train", data), !folders.isEmpty else {
    return false
  }
  return folders.allSatisfy { FileTree.isFolder("\(root)/train/\($0)/images") }
}

private func everyTenth(of dataset: ImageFolder, _ split: DatasetSplit) -> ImageSubset {
  var position = [Int](repeating: 0, count: dataset.classNames.count)
  let indices = (0..<dataset.count).filter { index in
    let label = dataset.label(at: index)
    position[label] += 1
    return (position[label] % 10 == 0) == (split == .validation)
  }
  return dataset.subset(indices)
}
