import Foundation

/// Images of any size in one folder per class, `root/<class>/**/*.{jpg,jpeg,png}`, as torchvision's
/// `ImageFolder` reads them: labels follow the classes' sorted names.
public struct ImageFolder: ImageDataset {
  public let root: String
  public let classNames: [String]
  private let paths: [String]
  private let imageLabels: [Int32]

  /// - Parameter classes: The classes wanted; all folders below `root` by default. Labels follow
  ///   their sorted names.
  /// - Throws: `DatasetError` when `root` or a class is missing, a class has no image, or a link that leads
  ///   out of `root` is not to be followed.
  public init(root: String, classes: [String]? = nil, links: LinkPolicy = .inside) throws {
    try self.init(root: root, classes: classes, within: DataRoot(root, links: links))
  }

  /// - Parameter data: the folder of the whole data set.
  init(root: String, classes: [String]?, within data: DataRoot) throws {
    let folders = try FileTree.folders(in: root, data)
    if let missing = classes?.first(where: { !folders.contains($0) }) {
      throw DatasetError(path: root, reason: .unknownClass(missing))
    }
    let wanted = classes.map(Set.init)
    let names = folders.filter { wanted?.contains($0) ?? true }
    if names.isEmpty { throw DatasetError(path: root, reason: .noClasses) }
    var paths: [String] = []
    var labels: [Int32] = []
    for (label, name) in names.enumerated() {
      let folder = root + "/" + name
      let found = try FileTree.images(under: folder, data)
      if found.isEmpty { throw DatasetError(path: folder, reason: .emptyClass(name)) }
      paths += found
      labels += Array(repeating: Int32(label), count: found.count)
    }
    self.root = root
    self.paths = paths
    classNames = names
    imageLabels = labels
  }

  public var count: Int { paths.count }
  public func label(at index: Int) -> Int { Int(imageLabels[index]) }
  public func image(at index: Int) throws -> Image {
    try ImageFile.decode(URL(fileURLWithPath: paths[index]))
  }
  public func name(at index: Int) -> String { paths[index] }
}
