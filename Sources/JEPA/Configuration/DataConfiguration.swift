import JEPAData

/// `data`: which images, and how they are cropped and changed.
public struct DataConfiguration: ConfigurationSection {
  /// Images per step.
  public var batchSize = 128
  /// The classes to use.
  public var classes = ClassSelection.all
  /// Strength of the colour jitter, at most 2.5, where hue covers the circle; used with `useColorDistortion`.
  public var colorJitterStrength = 0.0
  /// The part of the image's area that a random crop covers.
  public var cropScale = 0.3...1.0
  /// Height and width, in pixels, of the crops the encoder sees.
  public var cropSize = 224
  /// The kind of data set.
  public var dataset = DatasetKind.imageFolder
  /// Whether images are rotated and mirrored as their EXIF orientation says.
  public var exifOrientation = false
  /// Whether links in the data set's folder may lead out of it.
  public var followLinks = false
  /// The data set's folder, below `rootPath`.
  public var imageFolder = ""
  /// How crops are resized.
  public var interpolation = Interpolation.bilinear
  /// Threads that read and decode images ahead of training.
  public var numWorkers = 10
  /// Has no effect: there is no device to copy to.
  public var pinMem = true
  /// The folder that data sets lie in.
  public var rootPath = ""
  /// Training images: so many, evenly spread over the data set, or so many drawn scenes;
  /// `nil` takes all.
  public var samples: Int?
  /// Ambiguous scenes: the probability that a scene has more than one completion.
  public var sceneAmbiguous = 0.75
  /// Ambiguous scenes: cells along each side of the grid that the hidden region is aligned to.
  public var sceneGrid = 8
  /// Ambiguous scenes: the most completions of a scene.
  public var sceneModes = 4
  /// Ambiguous scenes: height and width of the hidden region, in cells of `sceneGrid`.
  public var sceneRegion = 3
  /// The seed of scenes, procedural and ambiguous.
  public var sceneSeed: UInt64 = 0
  /// Ambiguous scenes: each completion is exp(−skew) times as probable as the one before it.
  public var sceneSkew = 0.5
  /// Whether crops get colour jitter and greyscale.
  public var useColorDistortion = false
  /// Whether crops are blurred at random.
  public var useGaussianBlur = false
  /// Whether crops are mirrored at random.
  public var useHorizontalFlip = false

  /// The defaults.
  public init() {}

  /// `rootPath` and `imageFolder`, joined.
  public var path: String {
    if imageFolder.isEmpty { return rootPath }
    if rootPath.isEmpty || imageFolder.hasPrefix("/") { return imageFolder }
    return rootPath.hasSuffix("/") ? rootPath + imageFolder : rootPath + "/" + imageFolder
  }

  package static let fields: [ConfigurationField<Self>] = [
    .init("batch_size", \.batchSize, .within(1...65_536), "images per step"),
    .init(
      "classes", \.classes, .notEmpty,
      "classes to use: null for all, a number for the first so many in sorted order, or a list"),
    .init(
      "color_jitter_strength", \.colorJitterStrength, .within(0...2.5),
      "strength of the colour jitter, used with use_color_distortion"),
    .init(
      "crop_scale", \.cropScale, .fractions, "part of the image's area that a random crop covers"),
    .init("crop_size", \.cropSize, .within(1...16_384), "height and width of the crops, in pixels"),
    .init("dataset", \.dataset, nil, "kind of data set"),
    .init(
      "exif_orientation", \.exifOrientation, nil,
      "whether images are rotated and mirrored as their EXIF orientation says"),
    .init(
      "follow_links", \.followLinks, nil,
      "whether links in the data set's folder may lead out of it"),
    .init(folder: "image_folder", \.imageFolder, "folder of the data set, below root_path"),
    .init("interpolation", \.interpolation, nil, "how crops are resized"),
    .init(
      "num_workers", \.numWorkers, .within(0...1024), "threads that read images ahead of training"),
    .init("pin_mem", \.pinMem, nil, "no effect; read for the reference's files"),
    .init(folder: "root_path", \.rootPath, "folder that data sets lie in"),
    .init(
      "samples", \.samples, .present(.within(1...1_000_000_000)),
      "training images: so many, evenly spread, or so many drawn scenes; null takes all"),
    .init(
      "scene_ambiguous", \.sceneAmbiguous, .within(0...1),
      "ambiguous scenes: probability that a scene has more than one completion"),
    .init(
      "scene_grid", \.sceneGrid, .within(2...256),
      "ambiguous scenes: cells a side of the grid that the hidden region is aligned to"),
    .init(
      "scene_modes", \.sceneModes, .within(AmbiguousScenes.Settings.modeLimits),
      "ambiguous scenes: most completions of a scene"),
    .init(
      "scene_region", \.sceneRegion, .within(1...255),
      "ambiguous scenes: height and width of the hidden region, in cells"),
    .init("scene_seed", \.sceneSeed, nil, "seed of drawn scenes, procedural and ambiguous"),
    .init(
      "scene_skew", \.sceneSkew, .within(0...100),
      "ambiguous scenes: each completion is exp(-skew) times as probable as the one before"),
    .init("use_color_distortion", \.useColorDistortion, nil, "colour jitter and greyscale"),
    .init("use_gaussian_blur", \.useGaussianBlur, nil, "random blur"),
    .init("use_horizontal_flip", \.useHorizontalFlip, nil, "random mirroring"),
  ]
}

extension Interpolation: ConfigurationChoice {}

/// Which classes of a data set are used.
public enum ClassSelection: Sendable, Equatable, ConfigurationCodable {
  /// Every class.
  case all
  /// The first so many in sorted order.
  case first(Int)
  /// These, by name.
  case named([String])

  public static var expectation: String {
    "null, a number of classes, or a list of class names in quotes"
  }
  public init?(_ value: ConfigurationValue) {
    switch value {
    case .null: self = .all
    case .integer(let count): self = .first(count)
    case .list(let list):
      let names = list.compactMap { element -> String? in
        // Folders called 0, 1, 2 are common, and a number here can be nothing else. Of other values, such as
        // `no` and `1.50`, the text is lost.
        if case .integer(let number) = element { return String(number) }
        return String(element)
      }
      guard names.count == list.count else { return nil }
      self = .named(names)
    default: return nil
    }
  }
  public var configurationValue: ConfigurationValue {
    switch self {
    case .all: return .null
    case .first(let count): return .integer(count)
    case .named(let names): return .list(names.map { .string($0) })
    }
  }
}

extension ConfigurationRule where Value == ClassSelection {
  fileprivate static var notEmpty: Self {
    .init(statement: "must name at least one class, and none twice") { selection in
      switch selection {
      case .all: return true
      case .first(let count): return count >= 1
      case .named(let names): return !names.isEmpty && Set(names).count == names.count
      }
    }
  }
}
