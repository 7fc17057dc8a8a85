import Foundation

/// Image files without labels (all of class 0), in the order given.
public struct ImageFiles: ImageDataset {
  package let files: [FilePath]
  private let decoding: ImageDecoding
  public let remarks: [String]

  public init(paths: [String], decoding: ImageDecoding = .init()) {
    self.init(files: paths.map { FilePath($0) }, decoding: decoding)
  }

  package init(files: [FilePath], decoding: ImageDecoding = .init(), remarks: [String] = []) {
    self.files = files
    self.decoding = decoding.countingDefects
    self.remarks = remarks
  }

  /// All images below `folder`, at any depth, sorted by path.
  ///
  /// - Throws: `DatasetError` when the folder is missing, holds no image, or a link that leads out of it
  ///   is not to be followed.
  public init(
    folder: String, links: LinkPolicy = .inside, decoding: ImageDecoding = .init()
  ) throws {
    try self.init(folder: FilePath(folder), links: links, decoding: decoding)
  }

  /// The same for a path that need not be UTF-8.
  package init(
    folder: FilePath, links: LinkPolicy = .inside, decoding: ImageDecoding = .init()
  ) throws {
    let tree = FileTree(DataRoot(folder, links: links))
    let files = try tree.images(under: folder)
    if files.isEmpty {
      throw DatasetError(path: folder.text, reason: .noImages(passedOver: tree.passedOver.list))
    }
    self.init(files: files, decoding: decoding, remarks: tree.remarks(folder))
  }

  /// The files' paths; bytes that are not UTF-8 are written `\xE9`.
  public var paths: [String] { files.map(\.text) }
  public var count: Int { files.count }
  public var classNames: [String] { ["image"] }
  public var isLabeled: Bool { false }
  public var defects: ImageDefects? { decoding.defects }
  public func label(at index: Int) -> Int { 0 }
  public func image(at index: Int) throws -> Image { try ImageFile.decode(files[index], decoding) }
  public func name(at index: Int) -> String { files[index].text }
}

extension ImageDecoding {
  /// The same, with a counter of defects.
  var countingDefects: ImageDecoding {
    ImageDecoding(appliesOrientation: appliesOrientation, defects: defects ?? ImageDefects())
  }
}

extension FileTree {
  /// A line about the files that were passed over; none where there were none.
  func remarks(_ folder: FilePath) -> [String] {
    passedOver.list.map {
      ["\(folder.text): passed over \($0), which are not read; convert them to use them"]
    } ?? []
  }
}
