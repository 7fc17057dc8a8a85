import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAViT

/// How images become an encoder's input: what the model's own `preprocessor_config.json` says, and options on top.
struct PreprocessingOptions: ParsableArguments {
  @Option(help: "Three numbers, in place of the model's own mean, or ImageNet's.") var mean: String?
  @Option(help: "Three numbers, in place of the model's own standard deviation, or ImageNet's.")
  var std: String?
  @Option(help: "bilinear or bicubic, in place of the model's own, or bicubic.")
  var interpolation: Interpolation?
  @Option(
    help: ArgumentHelp(
      "The shorter side's pixels, or stretch, to the crop's size whatever the aspect ratio; the shorter side to "
        + "the crop's unless given.", valueName: "pixels|stretch"))
  var resize: String?
  @Option(
    help: ArgumentHelp(
      "Pixels of the middle that is taken, as 224 or 224x192; the encoder's own unless given.",
      valueName: "pixels"))
  var crop: String?

  /// The options that were given.
  var given: [String] {
    [
      ("--mean", mean), ("--std", std), ("--interpolation", interpolation?.rawValue),
      ("--resize", resize), ("--crop", crop),
    ].filter { $0.1 != nil }.map(\.0)
  }

  /// Whether what is done to images is to be printed: where options ask for it, or for a published model.
  func isWorthSaying(of folder: URL?) -> Bool {
    if !given.isEmpty { return true }
    return [PreprocessorFile.name, "config.json"].contains { name in
      folder.map { FileManager.default.fileExists(atPath: $0.appendingPathComponent(name).path) }
        ?? false
    }
  }

  /// Refuses what can be told to be wrong before any file is read.
  func check() throws {
    _ = try mean.map { try Self.numbers($0, "--mean") }
    _ = try std.map { try Self.numbers($0, "--std") }
    _ = try crop.map(Self.size)
    if let resize, resize != "stretch" { _ = try Self.side(resize) }
  }

  /// - Parameters:
  ///   - height, width: the encoder's.
  ///   - folder: where a model's `preprocessor_config.json` may lie.
  ///   - imageSize: the side of a crop, where it was given so.
  /// - Returns: the transform, and a line that says what it does and why.
  /// - Throws: `CommandError`, `PreprocessorFileError`.
  func transform(
    height: Int, width: Int, folder: URL?, imageSize: Int? = nil
  ) throws -> (transform: EvaluationTransform, description: String) {
    let givenCrop = try imageSize.map { ($0, $0) } ?? crop.map(Self.size)
    let givenMean = try mean.map { try Self.numbers($0, "--mean") }
    let givenDeviation = try std.map { try Self.numbers($0, "--std") }
    var ignored = Set<PreprocessorFile.Part>()
    if resize != nil || imageSize != nil { ignored.insert(.resize) }
    if givenCrop != nil { ignored.insert(.crop) }
    if interpolation != nil { ignored.insert(.interpolation) }
    if mean != nil { ignored.insert(.mean) }
    if std != nil { ignored.insert(.standardDeviation) }
    let file = try folder.flatMap { try PreprocessorFile(in: $0, ignoring: ignored) }
    var size = givenCrop ?? file?.crop.map { ($0.height, $0.width) } ?? (height, width)
    let target: Resize.Target?
    switch (resize, file) {
    case ("stretch", _): target = .exactly(height: size.0, width: size.1)
    case (let text?, _):
      target = .shorterSide(try Self.side(text))
    case (nil, let file?) where imageSize == nil:
      target = file.resize
      if givenCrop == nil && file.crop == nil {
        guard case .exactly(let height, let width)? = target else {
          throw CommandError(
            "\(file.url.path): \(file.resize == nil ? "do_resize" : "size") leaves images of different sizes; give "
              + "--crop, such as --crop \(height)")
        }
        size = (height, width)
      }
    default: target = .covering(height: size.0, width: size.1)
    }
    let transform = EvaluationTransform(
      resize: target, height: size.0, width: size.1,
      interpolation: interpolation ?? file?.interpolation ?? .bicubic,
      normalize: Normalize(
        mean: givenMean ?? file?.mean ?? Normalize.imageNet.mean,
        standardDeviation: givenDeviation ?? file?.standardDeviation
          ?? Normalize.imageNet.standardDeviation),
      cropRounding: givenCrop == nil && file?.crop != nil ? .down : .toNearestOrEven)
    let sources = (file.map { [$0.url.path] } ?? []) + given
    return (
      transform, transform.text + (sources.isEmpty ? "" : "; by " + sources.joined(separator: ", "))
    )
  }

  private static func numbers(_ text: String, _ option: String) throws -> [Float] {
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

  private static func side(_ text: String) throws -> Int {
    guard let side = Int(text), 1...16384 ~= side else {
      throw CommandError(
        "--resize \(text): give stretch, or the shorter side's pixels, between 1 and 16384")
    }
    return side
  }

  private static func size(_ text: String) throws -> (Int, Int) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false)
    let sides = parts.compactMap { Int($0) }.filter { 1...16384 ~= $0 }
    guard sides.count == parts.count, 1...2 ~= sides.count else {
      throw CommandError(
        "--crop \(text): give pixels between 1 and 16384, as 224, or height and width, as 224x192")
    }
    return (sides[0], sides[sides.count - 1])
  }
}

extension Interpolation: ExpressibleByArgument {}

extension VisionTransformer {
  /// The encoder for images as `transform` leaves them, with interpolated positions where it is for another size.
  ///
  /// - Throws: `CommandError` where they are smaller than a patch.
  func fitted(to transform: EvaluationTransform) throws -> VisionTransformer {
    let (height, width) = (transform.height, transform.width)
    let patch = configuration.patchSize
    guard min(height, width) >= patch else {
      throw CommandError(
        "images of \(height)×\(width) are smaller than the encoder's patches of \(patch)×\(patch); give --crop "
          + "\(max(patch, configuration.imageHeight))")
    }
    if (height, width) == (configuration.imageHeight, configuration.imageWidth) { return self }
    return resized(height: height, width: width)
  }
}

extension EvaluationTransform {
  /// What happens to an image, in the order that it does.
  var text: String {
    func list(_ values: [Float]) -> String {
      values.map { String(format: "%.4g", $0) }.joined(separator: " ")
    }
    let first: String
    var isCut = true
    switch resize {
    case nil: first = ""
    case .exactly(let height, let width)?:
      first = "stretched to \(height)×\(width) (\(interpolation.rawValue)), "
      isCut = (height, width) != (self.height, self.width)
    case .shorterSide(let side)?:
      first = "shorter side to \(side) (\(interpolation.rawValue)), "
    case .covering?:
      first = "shorter side to \(min(height, width)) (\(interpolation.rawValue)), "
    }
    return "images: " + first + (isCut ? "middle \(height)×\(width), " : "")
      + "mean \(list(normalize.mean)), std \(list(normalize.standardDeviation))"
  }
}
