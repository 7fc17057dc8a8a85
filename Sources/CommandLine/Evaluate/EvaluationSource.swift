import Foundation
import JEPA
import JEPAData
import JEPAEval

/// The encoders and the images that `jepa eval` was given.
struct EvaluationSource {
  /// A run's two, or the one of a file.
  private(set) var encoders: [EncoderFile.Part: VisionTransformer]
  let train: any ImageDataset
  let validation: any ImageDataset
  /// Nil of an encoder file.
  let run: RunDescription?
  /// Where a file that says how to prepare images may lie; nil of a run.
  private(set) var folder: URL?
  /// How images are prepared; as the encoders' size asks where none was chosen.
  private(set) var transform: EvaluationTransform?

  init(_ run: EvaluatedRun, parts: [EncoderFile.Part], heads: Int? = nil) throws {
    encoders = try Self.encoders(run.checkpoint, parts, heads)
    train = run.train
    validation = run.validation
    self.run = run.description
  }

  /// - Parameter path: a run folder, whose newest checkpoint is taken, or an encoder: a file, an index or a folder.
  init(
    path: String, parts: [EncoderFile.Part], data: String?, heads: Int?, classes: Int?,
    reading: ImageReadingOptions
  ) throws {
    var isFolder: ObjCBool = false
    let url = URL(filePath: path)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandError("\(path): no such run folder or encoder file; check the path")
    }
    if isFolder.boolValue, EncoderPath.isRun(path) || !EncoderFile.isModelFolder(url) {
      let run = try EvaluatedRun(path: path, data: data, reading: reading)
      if classes != nil {
        throw CommandError("--classes is for an encoder file; a run has its own data.classes")
      }
      try self.init(run, parts: parts, heads: heads)
    } else {
      try self.init(
        file: path, parts: parts, data: data, heads: heads, classes: classes, reading: reading)
    }
  }

  private init(
    file path: String, parts: [EncoderFile.Part], data: String?, heads: Int?, classes: Int?,
    reading: ImageReadingOptions
  ) throws {
    let url = URL(filePath: path)
    encoders = try Self.encoders(url, parts, heads)
    folder = try parts.first.map { try EncoderFile(url, part: $0).folder }
    guard let data else {
      throw CommandError("\(path) is no run, which has its own data; give --data DIR with it")
    }
    func open(_ split: DatasetSplit, _ classes: [String]? = nil) throws -> any ImageDataset {
      try openDataset(
        at: data, split: split, classes: classes, links: reading.links, decoding: reading.decoding)
    }
    var names: [String]?
    if let classes {
      let all = try open(.train).classNames.sorted()
      guard classes <= all.count else {
        throw CommandError(
          "--classes \(classes), but \(data) holds \(all.count); use at most \(all.count)")
      }
      names = Array(all.prefix(classes))
    }
    train = try open(.train, names)
    validation = try open(.validation, names)
    run = nil
  }

  /// Prepares images as the model's own file and options say, with the encoders brought to their size.
  ///
  /// - Returns: a line on what is done to images; nil where it is as a run of one's own has it.
  mutating func prepare(_ options: PreprocessingOptions) throws -> String? {
    guard let sizes = encoders.values.first?.configuration else { return nil }
    let (transform, description) = try options.transform(
      height: sizes.imageHeight, width: sizes.imageWidth, folder: folder)
    encoders = try encoders.mapValues { try $0.fitted(to: transform) }
    self.transform = transform
    return options.isWorthSaying(of: folder) ? description : nil
  }

  /// What is to be said of the data set, a line each.
  var remarks: [String] {
    train.remarks + validation.remarks.filter { !train.remarks.contains($0) }
  }

  /// Lines about files that were read in spite of defects.
  var defects: [String] {
    [train, validation].compactMap { dataset in
      dataset.defects?.summary.map { "\(dataset.count) images: \($0)" }
    }
  }

  private static func encoders(
    _ file: URL, _ parts: [EncoderFile.Part], _ heads: Int?
  ) throws -> [EncoderFile.Part: VisionTransformer] {
    try parts.reduce(into: [:]) {
      $0[$1] = try EncoderFile(file, part: $1).encoder(heads: heads)
    }
  }
}

extension DataConfiguration {
  /// With the data set's folder replaced, where one is given on the command line.
  func replacingPath(_ path: String?) throws -> DataConfiguration {
    guard let path else { return self }
    guard !dataset.isDrawn else {
      throw CommandError(
        "--data \(path): data.dataset is \(dataset.name), which reads no folder; leave --data "
          + "out, or set data.dataset to image-folder or tiny-imagenet")
    }
    var result = self
    result.rootPath = path
    result.imageFolder = ""
    return result
  }
}
