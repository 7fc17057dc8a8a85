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
      metadata the file names, sorted, as a JSON array under "files".
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
  @Option(help: .precision) var precision = TrainingPrecision.auto
  @Option(help: "Three numbers, in place of ImageNet's mean.") var mean: String?
  @Option(help: "Three numbers, in place of ImageNet's standard deviation.") var std: String?
  @Option(help: "Which encoder of a checkpoint.") var part = EncoderFile.Part.target

  func run() throws {
    try CommandError.requireFolder(of: output, option: "--output")
    let normalize = try normalize()
    let files = try listedFiles()
    let model = try EncoderFile(EncoderPath.weights(at: encoder), part: part)
      .encoder(heads: heads, imageSize: imageSize)
    var extractor = FeatureExtractor(model, precision: precision, batchSize: 32)
    let sizes = model.configuration
    extractor.transform = EvaluationTransform(
      height: sizes.imageHeight, width: sizes.imageWidth, normalize: normalize)
    let json = JSONEncoder()
    json.outputFormatting = .withoutEscapingSlashes
    let names = try json.encode(files.map(\.name))
    let (count, patches, width) = (files.count, sizes.grid.count, sizes.embedDimensions)
    let writer = try SafetensorsWriter(
      to: URL(filePath: output),
      tensors: [
        .init(name: "tokens", dtype: .float32, shape: [count, patches, width]),
        .init(name: "pooled", dtype: .float32, shape: [count, width]),
      ], metadata: ["files": String(decoding: names, as: UTF8.self)])
    let transform = extractor.transform
    var status = StatusLine()
    let block = extractor.batchSize * Parallelism.threads
    for start in stride(from: 0, to: count, by: block) {
      let range = start..<min(start + block, count)
      let samples = try parallelMap(range.count) { index throws in
        transform(try ImageFile.decode(URL(filePath: files[start + index].path)))
      }
      let tokens = extractor.tokens(of: .stacked(samples))
      try writer.append(tokens, to: "tokens")
      try writer.append(tokens.mean(axis: 1), to: "pooled")
      status.show("images", range.upperBound, of: count)
    }
    status.clear()
    try writer.finish()
    print("\(output): tokens [\(count), \(patches), \(width)], pooled [\(count), \(width)]")
  }

  private struct ListedFile: Sendable {
    let name: String
    let path: String
  }

  /// The files, sorted by name: relative to the folder it was found in, or a single file's last part.
  private func listedFiles() throws -> [ListedFile] {
    var result: [ListedFile] = []
    for path in images {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandError("--images \(path): no such folder or file; check the path")
      }
      if isFolder.boolValue {
        var folder = path
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let skipped = folder == "/" ? 2 : folder.count + 1
        result += try ImageFiles(folder: folder).paths.map {
          ListedFile(name: String($0.dropFirst(skipped)), path: $0)
        }
      } else {
        result.append(ListedFile(name: URL(filePath: path).lastPathComponent, path: path))
      }
    }
    guard !result.isEmpty else {
      throw CommandError("--images names no image; give folders or files")
    }
    return result.sorted {
      $0.name == $1.name
        ? $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
        : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
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
