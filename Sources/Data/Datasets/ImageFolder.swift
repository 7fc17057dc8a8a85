import Foundation

/// Images of any size in one folder per class, `root/<class>/**/*.jpg`, as torchvision's `ImageFolder` reads
/// them: labels follow the classes' sorted names.
public struct ImageFolder: ImageDataset {
  public let root: String
  public let classNames: [String]
  public private(set) var remarks: [String]
  private let paths: [FilePath]
  private let imageLabels: [Int32]
  private let decoding: ImageDecoding

  /// - Parameter classes: The classes wanted; all folders below `root` by default. Labels follow
  ///   their sorted names.
  /// - Throws: `DatasetError` when `root` or a class is missing, a class has no image, or a link that leads
  ///   out of `root` is not to be followed.
  public init(
    root: String, classes: [String]? = nil, links: LinkPolicy = .inside,
    decoding: ImageDecoding = .init()
  ) throws {
    let path = FilePath(root)
    let tree = FileTree(DataRoot(path, links: links))
    let folders = try tree.folders(in: path)
    if let missing = classes?.first(where: { name in !folders.contains { $0.text == name } }) {
      throw DatasetError(path: root, reason: .unknownClass(missing))
    }
    let wanted = classes.map(Set.init)
    try self.init(
      root: path, folders: folders.filter { wanted?.contains($0.text) ?? true }, tree: tree,
      decoding: decoding)
  }

  /// - Parameters:
  ///   - folders: the folders below `root` that are read, each a class.
  ///   - training: the names that labels follow, where `root` is a validation part; those of `folders` unless
  ///     given.
  ///   - known: every class of the training part, wanted or not.
  init(
    root: FilePath, folders: [FilePath], training: [String]? = nil, known: [String] = [],
    tree: FileTree, decoding: ImageDecoding
  ) throws {
    if folders.isEmpty { throw DatasetError(path: root.text, reason: .noClasses) }
    let classes = ClassNames(training ?? folders.map(\.text))
    var paths: [FilePath] = []
    var labels: [Int32] = []
    var isMet = [Bool](repeating: false, count: classes.names.count)
    for (number, name) in folders.enumerated() {
      // Two folders whose names Unicode holds for the same are two classes.
      guard let label = training == nil ? number : classes.labels[name.text] else { continue }
      let folder = root.appending(name)
      let found = try tree.images(under: folder)
      if found.isEmpty {
        throw DatasetError(
          path: folder.text,
          reason: .emptyClass(name.text, passedOver: tree.passedOver.list))
      }
      isMet[label] = true
      paths += found
      labels += Array(repeating: Int32(label), count: found.count)
    }
    if paths.isEmpty {
      throw DatasetError(
        path: root.text,
        reason: .noSharedClass(
          here: ClassNames.list(folders.map(\.text)), training: ClassNames.list(classes.names)))
    }
    let all = Set(known)
    self.root = root.text
    self.paths = paths
    self.decoding = decoding.countingDefects
    classNames = classes.names
    imageLabels = labels
    remarks =
      tree.remarks(root)
      + ClassNames.remarks(
        on: root.text,
        lacking: classes.names.indices.filter { !isMet[$0] }.map { classes.names[$0] },
        surplus: training == nil ? [] : folders.map(\.text).filter { !all.contains($0) })
  }

  /// The same with further remarks.
  func remarking(_ others: [String]) -> ImageFolder {
    var result = self
    result.remarks = others + remarks
    return result
  }

  public var count: Int { paths.count }
  public var defects: ImageDefects? { decoding.defects }
  public func label(at index: Int) -> Int { Int(imageLabels[index]) }
  public func image(at index: Int) throws -> Image { try ImageFile.decode(paths[index], decoding) }
  public func name(at index: Int) -> String { paths[index].text }
}
