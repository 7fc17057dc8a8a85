import Foundation

/// Image files without labels (all of class 0), in the order given.
public struct ImageFiles: ImageDataset {
  public let paths: [String]

  public init(paths: [String]) { self.paths = paths }

  /// All images below `folder`, at any depth, sorted by path.
  ///
  /// - Throws: `DatasetError` when the folder is missing, holds no image, or a link that leads out of it
  ///   is not to be followed.
  public init(folder: String, links: LinkPolicy = .inside) throws {
    try self.init(paths: FileTree.images(under: folder, DataRoot(folder, links: links)))
    if paths.isEmpty { throw DatasetError(path: folder, reason: .noImages) }
  }

  public var count: Int { paths.count }
  public var classNames: [String] { ["image"] }
  public func label(at index: Int) -> Int { 0 }
  public func image(at index: Int) throws -> Image {
    try ImageFile.decode(URL(fileURLWithPath: paths[index]))
  }
  public func name(at index: Int) -> String { paths[index] }
}
