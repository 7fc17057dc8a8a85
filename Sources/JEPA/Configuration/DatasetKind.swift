import JEPAData

/// A kind of data set that `data.dataset` can name.
///
/// The package's own are static members. One of your own is known to configurations that are read inside
/// ``withDatasets(_:_:)``, and to a tool that is given it:
///
/// ```swift
/// extension DatasetKind {
///   static let cells = DatasetKind("cells", summary: "Microscope images.") { data, split in
///     try CellImages(folder: data.path, split: split)
///   }
/// }
/// ```
public struct DatasetKind: Sendable, Equatable {
  /// Opens a part of it as the section `data` says.
  public typealias Opening = @Sendable (DataConfiguration, DatasetSplit) throws -> any ImageDataset

  public let name: String
  /// In one sentence.
  public let summary: String
  /// Whether images are drawn, so that there is no folder.
  public let isDrawn: Bool
  private let opening: Opening

  /// - Parameters:
  ///   - name: as configurations have it.
  ///   - open: is given the section `data` and the part. `data.samples` is applied to what it returns, where it is a
  ///     training part of more images.
  public init(
    _ name: String, summary: String, isDrawn: Bool = false, open: @escaping Opening
  ) {
    (self.name, self.summary, self.isDrawn) = (name, summary, isDrawn)
    opening = open
  }

  public static func == (a: Self, b: Self) -> Bool { a.name == b.name }

  func open(_ data: DataConfiguration, _ split: DatasetSplit) throws -> any ImageDataset {
    try opening(data, split)
  }

  // MARK: The package's own

  /// One folder per class, as torchvision's `ImageFolder`, below `train` and `val`.
  public static let imageFolder = DatasetKind(
    "image-folder", summary: "A folder for each class, below train and val."
  ) { try $0.openFolder($1) }
  /// Tiny ImageNet in its official layout.
  public static let tinyImageNet = DatasetKind(
    "tiny-imagenet", summary: "Tiny ImageNet in its official layout."
  ) { try $0.openFolder($1) }
  /// Scenes drawn by the package itself; needs no files.
  public static let procedural = DatasetKind(
    "procedural", summary: "Drawn scenes of twelve classes.", isDrawn: true
  ) { data, split in
    ProceduralScenes(
      count: data.drawnCount(split), seed: data.sceneSeed, split: split, height: data.cropSize,
      width: data.cropSize)
  }
  /// Drawn scenes with a region whose distribution, given the rest, is known; needs no files.
  public static let ambiguousScenes = DatasetKind(
    "ambiguous-scenes", summary: "Drawn scenes with a region that the rest leaves open.",
    isDrawn: true
  ) { data, split in
    try data.ambiguousScenes(split, count: data.drawnCount(split))
  }

  public static let standard: [DatasetKind] = [
    .imageFolder, .tinyImageNet, .procedural, .ambiguousScenes,
  ]

  // MARK: Those of others

  @TaskLocal private static var further: [DatasetKind] = []

  /// Runs `body`, in which configurations can name `kinds` too.
  public static func withDatasets<Result>(
    _ kinds: [DatasetKind], _ body: () throws -> Result
  ) rethrows -> Result {
    try $further.withValue(further + kinds, operation: body)
  }

  /// Those that configurations read now can name.
  static var known: [DatasetKind] { standard + further }
}

extension DatasetKind: ConfigurationCodable {
  public static var expectation: String {
    "one of " + known.map(\.name).joined(separator: ", ")
  }
  public init?(_ value: ConfigurationValue) {
    guard case .string(let name) = value,
      let kind = Self.known.first(where: { $0.name == name })
    else { return nil }
    self = kind
  }
  public var configurationValue: ConfigurationValue { .string(name) }
}
