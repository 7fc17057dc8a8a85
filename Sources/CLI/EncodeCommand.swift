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
  @Option(help: "Side to resize images to; the encoder's own unless given.") var imageSize: Int?
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
  @Option(help: "Three numbers, in place of ImageNet's mean.") var mean: String?
  @Option(help: "Three numbers, in place of ImageNet's standard deviation.") var std: String?
  @Option(help: "Which encoder of a checkpoint.") var part = EncoderFile.Part.target

  func run() throws {
    try CommandError.requireFolder(of: output, option: "--output")
    let normalize = try normalize()
    let listed = try EncodedFiles(images, links: reading.links)
    listed.remarks.forEach(StandardErrorLog.write)
    let model = try EncoderFile(EncoderPath.weights(at: encoder), part: part)
      .encoder(heads: heads, imageSize: imageSize)
    var decoding = reading.decoding
    let defects = ImageDefects()
    decoding.defects = defects
    let (files, skipped) =
      skipBroken ? try listed.withoutBroken(decoding) : (listed.files, [])
    var extractor = FeatureExtractor(model, precision: precision, batchSize: 32)
    let sizes = model.configuration
    extractor.transform = EvaluationTransform(
      height: sizes.imageHeight, width: sizes.imageWidth, normalize: normalize)
    var metadata = ["files": try Self.json(files.map(\.name))]
    if !skipped.isEmpty { metadata["skipped"] = try Self.json(skipped.map(\.name)) }
    let (count, patches, width) = (files.count, sizes.grid.count, sizes.embedDimensions)
    let writer = try SafetensorsWriter(
      to: URL(filePath: output),
      tensors: [
        .init(name: "tokens", dtype: .float32, shape: [count, patches, width]),
        .init(name: "pooled", dtype: .float32, shape: [count, width]),
      ], metadata: metadata)
    let transform = extractor.transform
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

  private func normalize() throws -> Normalize {
    func numbers(_ text: String?, _ option: String, _ fallback: [Float]) throws -> [Float] {
      guard let text else { return fallback }
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let values = parts.compactMap { Float($0.trimmingCharacters(in: .whitespaces)) }
      guard parts.count == 3, values.count == 3, values.allSatisfy(\.isFinite),
        option == "--mean" || values.allSatisfy({ $0 > 0 })
      else {
        throw CommandError(
          "\(option) \(text): give three numbers separated by commas, such as 0.5,0.5,0.5"
            + (option == "--std" ? ", all above 0" : ""))
      }
      return values
    }
    return Normalize(
      mean: try numbers(mean, "--mean", Normalize.imageNet.mean),
      standardDeviation: try numbers(std, "--std", Normalize.imageNet.standardDeviation))
  }
}
