import Foundation

/// Tiny ImageNet in its official layout, whole or any part of its classes:
///
/// ```
/// root/wnids.txt                              the classes' WordNet ids
/// root/words.txt                              their names in English
/// root/train/<wnid>/images/<image>.JPEG
/// root/val/images/<image>.JPEG
/// root/val/val_annotations.txt                <image><tab><wnid><tab>box
/// ```
///
/// Labels follow the sorted ids of the classes chosen; images are in sorted order within a class
/// (`train`) or in the order of the annotations (`validation`). A validation part that was sorted into class
/// folders, `val/<wnid>/…`, is read like the training part.
public struct TinyImageNet: ImageDataset {
  public let root: String
  public let split: DatasetSplit
  /// WordNet ids.
  public let classNames: [String]
  public let remarks: [String]
  private let paths: [FilePath]
  private let imageLabels: [Int32]
  private let links: LinkPolicy
  private let decoding: ImageDecoding

  /// - Parameter classes: The WordNet ids wanted; all that have a training folder by default (all
  ///   of `wnids.txt` where there is no `train/`).
  /// - Throws: `DatasetError` when a folder, file or class is missing, a class has no image, or an
  ///   annotation is malformed or names an image or a class that does not exist, or a link that leads out
  ///   of `root` is not to be followed.
  public init(
    root: String, split: DatasetSplit, classes: [String]? = nil, links: LinkPolicy = .inside,
    decoding: ImageDecoding = .init()
  ) throws {
    let path = FilePath(root)
    try FileTree.requireFolder(path)
    let tree = FileTree(DataRoot(path, links: links))
    let train = path.appending("train")
    let hasTrain = split == .train || FileTree.isFolder(train)
    let folders = hasTrain ? try tree.folders(in: train).map(\.text) : []
    let list = path.appending("wnids.txt")
    let listed =
      !hasTrain || FileTree.exists(list)
      ? try tree.lines(of: list).map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty } : []
    let known = hasTrain ? folders : listed
    let place = hasTrain ? train.text : list.text
    if let missing = classes?.first(where: { !known.contains($0) }) {
      throw DatasetError(path: place, reason: .unknownClass(missing))
    }
    let names = Set(classes ?? known).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if names.isEmpty { throw DatasetError(path: place, reason: .noClasses) }
    self.root = root
    self.split = split
    self.links = links
    self.decoding = decoding.countingDefects
    classNames = names
    var found = Found()
    let validation = path.appending("val")
    switch split {
    case .train:
      try found.addTraining(train, names, tree)
    case .validation where try Self.isSorted(validation, tree):
      try found.addSorted(validation, names, Set(known), tree)
    case .validation:
      try found.addAnnotated(
        validation, names, known: Set(known), listed: Set(folders + listed), tree)
    }
    paths = found.paths
    imageLabels = found.labels
    remarks = found.remarks + tree.remarks(path)
  }

  /// Whether the validation images lie in class folders.
  private static func isSorted(_ folder: FilePath, _ tree: FileTree) throws -> Bool {
    guard FileTree.isFolder(folder), try tree.imageCount(in: folder.appending("images")) == 0 else {
      return false
    }
    return try DataLayout.hasClasses(folder, tree)
  }

  /// The images of one part.
  private struct Found {
    var paths: [FilePath] = []
    var labels: [Int32] = []
    var remarks: [String] = []

    mutating func add(_ images: [FilePath], label: Int) {
      paths += images
      labels += Array(repeating: Int32(label), count: images.count)
    }

    mutating func addTraining(_ folder: FilePath, _ names: [String], _ tree: FileTree) throws {
      let folders = Dictionary(try tree.folders(in: folder).map { ($0.text, $0) }) { $1 }
      for (label, name) in names.enumerated() {
        let images = folder.appending(folders[name] ?? FilePath(name)).appending("images")
        let found = try tree.imageNames(in: images)
        if found.isEmpty {
          throw DatasetError(
            path: images.text, reason: .emptyClass(name, passedOver: tree.passedOver.list))
        }
        add(found.map(images.appending), label: label)
      }
    }

    /// A validation part in class folders.
    mutating func addSorted(
      _ folder: FilePath, _ names: [String], _ known: Set<String>, _ tree: FileTree
    ) throws {
      let classes = ClassNames(names)
      var met = Set<Int>()
      var surplus: [String] = []
      for name in try tree.folders(in: folder) {
        let images = try tree.images(under: folder.appending(name))
        if images.isEmpty { continue }
        if let label = classes.labels[name.text] {
          add(images, label: label)
          met.insert(label)
        } else if !known.contains(name.text) {
          surplus.append(name.text)
        }
      }
      if paths.isEmpty {
        throw DatasetError(
          path: folder.text,
          reason: .noSharedClass(here: ClassNames.list(surplus), training: ClassNames.list(names)))
      }
      remarks += ClassNames.remarks(
        on: folder.text, lacking: names.indices.filter { !met.contains($0) }.map { names[$0] },
        surplus: surplus)
    }

    /// A validation part as the list has it.
    ///
    /// - Parameters:
    ///   - known: the classes of the training part.
    ///   - listed: these and those of `wnids.txt`.
    mutating func addAnnotated(
      _ folder: FilePath, _ names: [String], known: Set<String>, listed: Set<String>,
      _ tree: FileTree
    ) throws {
      let classes = ClassNames(names)
      let images = folder.appending("images")
      // By name, since Unicode has several spellings of one.
      let existing = Dictionary(try tree.imageNames(in: images).map { ($0.text, $0) }) { $1 }
      let annotations = folder.appending("val_annotations.txt")
      var seen = Set<Int>()
      var surplus = Set<String>()
      for (index, text) in try tree.lines(of: annotations).enumerated() {
        if text.allSatisfy(\.isWhitespace) { continue }
        let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        func refuse(_ reason: DatasetError.Reason) -> DatasetError {
          DatasetError(path: annotations.text, reason: reason)
        }
        guard fields.count >= 2, !fields[0].isEmpty, !fields[1].isEmpty else {
          throw refuse(.malformedLine(line: index + 1, text: String(text.prefix(60))))
        }
        guard listed.contains(fields[1]) else {
          throw refuse(.unknownClassInLine(line: index + 1, name: String(fields[1].prefix(60))))
        }
        guard let image = existing[fields[0]] else {
          throw refuse(
            .missingImage(line: index + 1, image: images.text + "/" + fields[0].prefix(60)))
        }
        guard let label = classes.labels[fields[1]] else {  // a class not asked for
          if !known.contains(fields[1]) { surplus.insert(fields[1]) }
          continue
        }
        add([images.appending(image)], label: label)
        seen.insert(label)
      }
      if let empty = names.indices.first(where: { !seen.contains($0) }) {
        throw DatasetError(path: annotations.text, reason: .emptyClass(names[empty]))
      }
      remarks += ClassNames.remarks(on: annotations.text, lacking: [], surplus: surplus.sorted())
    }
  }

  public var count: Int { paths.count }
  public func label(at index: Int) -> Int { Int(imageLabels[index]) }
  public var defects: ImageDefects? { decoding.defects }
  public func image(at index: Int) throws -> Image { try ImageFile.decode(paths[index], decoding) }
  public func name(at index: Int) -> String { paths[index].text }

  /// The classes' names in English, from `words.txt`; the id itself where it has none.
  ///
  /// - Throws: `DatasetError` when the file is missing.
  public func classDescriptions() throws -> [String] {
    var words: [String: String] = [:]
    let path = FilePath(root)
    let tree = FileTree(DataRoot(path, links: links))
    for line in try tree.lines(of: path.appending("words.txt")) {
      let fields = line.split(separator: "\t", maxSplits: 1).map(String.init)
      if fields.count == 2 { words[fields[0]] = fields[1] }
    }
    return classNames.map { words[$0] ?? $0 }
  }
}
