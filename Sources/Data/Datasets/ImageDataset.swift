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
  /// - Throws: `ImageError` when its file is missing or damaged, or the system fails to read it.
  func image(at index: Int) throws -> Image
  /// What messages call the image: its path, where it has one.
  func name(at index: Int) -> String
  /// Whether the classes mean anything: false of images without labels, all of which have class 0.
  var isLabeled: Bool { get }
  /// What a user should know of how the images were found, a line each.
  var remarks: [String] { get }
  /// Files read so far whose defects left every pixel intact; nil where there are no files.
  var defects: ImageDefects? { get }
}

extension ImageDataset {
  public var isLabeled: Bool { true }
  public var remarks: [String] { [] }
  public var defects: ImageDefects? { nil }

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
