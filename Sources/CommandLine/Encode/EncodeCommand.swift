import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode", abstract: "Writes an encoder's features of images.",
    discussion: """
      The output holds tokens [N, patches, D] and pooled [N, D] (their mean) in float32, and in its \
      metadata the file names, sorted, as a JSON array under "files": relative to the folder given, or, \
      where two would be the same, with the folders as they were given. Bytes of a name that are not \
      UTF-8 are written \\xE9.
      """)

  @Option(
    help: ArgumentHelp(
      "The encoder, in the reference's or Hugging Face's names: a safetensors file, the index of several, a "
        + "model's folder, a checkpoint, or a run.",
      valueName: "file|dir"), transform: HomePath.expanded)
  var encoder: String
  @Option(help: "Attention heads, where neither file nor config.json tells.") var heads: Int?
  @Option(
    help: ArgumentHelp(
      "Side of the square that images are brought to, shorter side first: --crop, without what the model's own "
        + "preprocessor says of sizes."))
  var imageSize: Int?
  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Folders or files.", valueName: "dir|file"),
    transform: HomePath.expanded)
  var images: [String]
  @Option(
    help: ArgumentHelp("The safetensors file to write.", valueName: "file"),
    transform: HomePath.expanded)
  var output: String
  @Flag(
    help:
      "Leave out files that are no sound images; they are listed, and in the metadata as \"skipped\"."
  )
  var skipBroken = false
  @OptionGroup var reading: ImageReadingOptions
  @Option(help: .precision) var precision = TrainingPrecision.auto
  @OptionGroup(title: "Preprocessing") var preprocessing: PreprocessingOptions
  @Option(help: "Which encoder of a checkpoint.") var part = EncoderFile.Part.target

  func run() throws {
    try CommandError.requireFolder(of: output, option: "--output")
    try preprocessing.check()
    if imageSize != nil, preprocessing.crop != nil {
      throw CommandError(
        "--image-size is a --crop with the shorter side resized to it; give one of them")
    }
    let listed = try EncodedFiles(images, links: reading.links)
    listed.remarks.forEach(StandardErrorLog.write)
    let file = try EncoderFile(EncoderPath.weights(at: encoder), part: part)
    let stored = try file.encoder(heads: heads, imageSize: imageSize)
    let (transform, description) = try preprocessing.transform(
      height: stored.configuration.imageHeight, width: stored.configuration.imageWidth,
      folder: file.folder, imageSize: imageSize)
    let model = try stored.fitted(to: transform)
    if preprocessing.isWorthSaying(of: file.folder) { StandardErrorLog.write(description) }
    var decoding = reading.decoding
    let defects = ImageDefects()
    decoding.defects = defects
    let (files, skipped) =
      skipBroken ? try listed.withoutBroken(decoding) : (listed.files, [])
    var extractor = FeatureExtractor(model, precision: precision, batchSize: 32)
    let sizes = model.configuration
    extractor.transform = transform
    var metadata = [
      "files": try Self.json(files.map(\.name)), "preprocessing": description,
    ]
    if !skipped.isEmpty { metadata["skipped"] = try Self.json(skipped.map(\.name)) }
    let (count, patches, width) = (files.count, sizes.grid.count, sizes.embedDimensions)
    let writer = try SafetensorsWriter(
      to: URL(filePath: output),
      tensors: [
        .init(name: "tokens", dtype: .float32, shape: [count, patches, width]),
        .init(name: "pooled", dtype: .float32, shape: [count, width]),
      ], metadata: metadata, isNamedByUser: true)
    var status = StatusLine()
    let block = extractor.batchSize * Parallelism.threads
    for start in stride(from: 0, to: count, by: block) {
      let range = start..<min(start + block, count)
      let samples = try parallelMap(range.count) { [decoding] index throws in
        do {
          return transform(try ImageFile.decode(files[start + index].path, decoding))
        } catch let error as ImageError where EncodedFiles.isBroken(error) {
          throw CommandError("\(error); --skip-broken leaves such files out")
        }
      }
      let tokens = extractor.tokens(of: .stacked(samples))
      try writer.append(tokens, to: "tokens")
      try writer.append(tokens.mean(axis: 1), to: "pooled")
      status.show("images", range.upperBound, of: count)
    }
    status.clear()
    try writer.finish()
    if let summary = defects.summary { StandardErrorLog.write(summary) }
    StandardOutput.write(
      "\(output): tokens [\(count), \(patches), \(width)], pooled [\(count), \(width)]")
  }

  private static func json(_ names: [String]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(names), as: UTF8.self)
  }
}
