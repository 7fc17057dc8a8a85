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
/// (`train`) or in the order of the annotations (`validation`).
public struct TinyImageNet: ImageDataset {
  public let root: String
  public let split: DatasetSplit
  /// WordNet ids.
  public let classNames: [String]
  private let paths: [String]
  private let imageLabels: [Int32]
  private let links: LinkPolicy

  /// - Parameter classes: The WordNet ids wanted; all that have a training folder by default (all
  ///   of `wnids.txt` where there is no `train/`).
  /// - Throws: `DatasetError` when a folder, file or class is missing, a class has no image, or an
  ///   annotation is malformed or names an image or a class that does not exist, or a link that leads out
  ///   of `root` is not to be followed.
  public init(
    root: String, split: DatasetSplit, classes: [String]? = nil, links: LinkPolicy = .inside
  ) throws {
    guard FileTree.isFolder(root) else { throw DatasetError(path: root, reason: .missingFolder) }
    let data = DataRoot(root, links: links)
    self.links = links
    let train = root + "/train"
    let hasTrain = split == .train || FileTree.isFolder(train)
    let folders = hasTrain ? try FileTree.folders(in: train, data) : []
    let list = root + "/wnids.txt"
    let listed =
      !hasTrain || FileTree.exists(list)
      ? try FileTree.lines(of: list, data).map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty } : []
    let known = hasTrain ? folders : listed
    if let missing = classes?.first(where: { !known.contains($0) }) {
      throw DatasetError(path: hasTrain ? train : list, reason: .unknownClass(missing))
    }
    let names = Set(classes ?? known).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if names.isEmpty {
      throw DatasetError(path: hasTrain ? train : list, reason: .noClasses)
    }
    self.root = root
    self.split = split
    classNames = names
    switch split {
    case .train: (paths, imageLabels) = try Self.training(train, names, data)
    case .validation:
      (paths, imageLabels) = try Self.validation(root + "/val", names, Set(folders + listed), data)
    }
  }

  private static func training(
    _ folder: String, _ names: [String], _ data: DataRoot
  ) throws -> ([String], [Int32]) {
    var paths: [String] = []
    var labels: [Int32] = []
    for (label, name) in names.enumerated() {
      let images = folder + "/" + name + "/images"
      let found = try FileTree.imageNames(in: images, data)
      if found.isEmpty { throw DatasetError(path: images, reason: .emptyClass(name)) }
      paths += found.map { images + "/" + $0 }
      labels += Array(repeating: Int32(label), count: found.count)
    }
    return (paths, labels)
  }

  private static func validation(
    _ folder: String, _ names: [String], _ known: Set<String>, _ data: DataRoot
  ) throws -> ([String], [Int32]) {
    let label = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    let images = folder + "/images"
    let existing = Set(try FileTree.imageNames(in: images, data))
    let annotations = folder + "/val_annotations.txt"
    var paths: [String] = []
    var labels: [Int32] = []
    var seen = Set<Int32>()
    for (index, text) in try FileTree.lines(of: annotations, data).enumerated() {
      if text.allSatisfy(\.isWhitespace) { continue }
      let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      func refuse(_ reason: DatasetError.Reason) -> DatasetError {
        DatasetError(path: annotations, reason: reason)
      }
      guard fields.count >= 2, !fields[0].isEmpty, !fields[1].isEmpty else {
        throw refuse(.malformedLine(line: index + 1, text: String(text.prefix(60))))
      }
      guard known.contains(fields[1]) else {
        throw refuse(.unknownClassInLine(line: index + 1, name: String(fields[1].prefix(60))))
      }
      guard existing.contains(fields[0]) else {
        throw refuse(.missingImage(line: index + 1, image: images + "/" + fields[0].prefix(60)))
      }
      guard let classLabel = label[fields[1]] else { continue }  // a class not asked for
      paths.append(images + "/" + fields[0])
      labels.append(classLabel)
      seen.insert(classLabel)
    }
    if let empty = names.indices.first(where: { !seen.contains(Int32($0)) }) {
      throw DatasetError(path: annotations, reason: .emptyClass(names[empty]))
    }
    return (paths, labels)
  }

  public var count: Int { paths.count }
  public func label(at index: Int) -> Int { Int(imageLabels[index]) }
  public func image(at index: Int) throws -> Image {
    try ImageFile.decode(URL(fileURLWithPath: paths[index]))
  }
  public func name(at index: Int) -> String { paths[index] }

  /// The classes' names in English, from `words.txt`; the id itself where it has none.
  ///
  /// - Throws: `DatasetError` when the file is missing.
  public func classDescriptions() throws -> [String] {
    var words: [String: String] = [:]
    for line in try FileTree.lines(of: root + "/words.txt", DataRoot(root, links: links)) {
      let fields = line.split(separator: "\t", maxSplits: 1).map(String.init)
      if fields.count == 2 { words[fields[0]] = fields[1] }
    }
    return classNames.map { words[$0] ?? $0 }
  }
}
