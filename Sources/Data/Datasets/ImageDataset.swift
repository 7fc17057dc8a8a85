import Foundation

/// Labelled images that can be read in any order, from several threads at once.
public protocol ImageDataset: Sendable {
  /// The number of images.
  var count: Int { get }
  /// The classes' names, in the order of their labels.
  var classNames: [String] { get }
  /// The class of an image, `0 ..< classNames.count`.
  func label(at index: Int) -> Int
  /// Reads or draws an image.
  ///
  /// - Throws: `ImageError` when its file is missing or damaged.
  func image(at index: Int) throws -> Image
  /// What messages call the image: its path, where it has one.
  func name(at index: Int) -> String
}

extension ImageDataset {
  /// The labels of all images, [count].
  public var labels: [Int] { (0..<count).map { label(at: $0) } }

  /// The images at `indices`, in that order, as a data set of its own.
  public func subset(_ indices: [Int]) -> ImageSubset {
    ImageSubset(self, indices: indices)
  }
}

/// The part a data set plays.
public enum DatasetSplit: String, Sendable, Codable, CaseIterable {
  case train
  case validation
}

/// Some images of another data set, with its classes.
public struct ImageSubset: ImageDataset {
  public let base: any ImageDataset
  /// Positions in `base`.
  public let indices: [Int]

  public init(_ base: any ImageDataset, indices: [Int]) {
    precondition(
      indices.allSatisfy { 0..<base.count ~= $0 },
      "ImageSubset: an index is outside 0 ..< \(base.count)")
    self.base = base
    self.indices = indices
  }

  public var count: Int { indices.count }
  public var classNames: [String] { base.classNames }
  public func label(at index: Int) -> Int { base.label(at: indices[index]) }
  public func image(at index: Int) throws -> Image { try base.image(at: indices[index]) }
  public func name(at index: Int) -> String { base.name(at: indices[index]) }
}

/// Image files without labels (all of class 0), in the order given.
public struct ImageFiles: ImageDataset {
  public let paths: [String]

  public init(paths: [String]) { self.paths = paths }

  /// All images below `folder`, at any depth, sorted by path.
  ///
  /// - Throws: `DatasetError` when the folder is missing or holds no image.
  public init(folder: String) throws {
    try self.init(paths: FileTree.images(under: folder))
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
