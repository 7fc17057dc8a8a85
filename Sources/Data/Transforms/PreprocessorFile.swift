import Foundation
import JEPATensor

/// How images are prepared for a published model: the `preprocessor_config.json` that Hugging Face's image
/// processors leave beside the weights.
///
/// What a file leaves out has the default of its `image_processor_type`, where that is one of ViT's, BiT's (which
/// DINOv2 uses) or CLIP's. Rescaling is a part of ``normalize``.
public struct PreprocessorFile: Sendable {
  /// What a file says and a caller may know better.
  public enum Part: Sendable, CaseIterable {
    case resize, crop, interpolation, mean, standardDeviation
  }

  public static let name = "preprocessor_config.json"

  public let url: URL
  /// Nil where images are left as they are, or for a part that was to be ignored.
  public private(set) var resize: Resize.Target?
  public private(set) var crop: (height: Int, width: Int)?
  public private(set) var interpolation = Interpolation.bilinear
  /// Of bytes divided by 255.
  public private(set) var mean: [Float] = [0, 0, 0]
  public private(set) var standardDeviation: [Float] = [1, 1, 1]

  /// - Parameters:
  ///   - folder: that of the weights; nil where it has no such file.
  ///   - ignored: parts that are not read, and so cannot be wrong.
  /// - Throws: ``PreprocessorFileError``.
  public init?(in folder: URL, ignoring ignored: Set<Part> = []) throws {
    let url = folder.appendingPathComponent(Self.name)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    self.url = url
    let fields = try PreprocessorFields(url)
    try fields.refuseOtherSteps()
    if !ignored.contains(.resize), try fields.flag("do_resize", else: true, way: "--resize") {
      resize = try fields.size("size", way: "--resize")
    }
    if !ignored.contains(.crop), try fields.flag("do_center_crop", else: false, way: "--crop") {
      guard case .exactly(let height, let width) = try fields.size("crop_size", way: "--crop")
      else { throw fields.error("crop_size", "has no height and width; give --crop") }
      crop = (height, width)
    }
    if !ignored.contains(.interpolation), resize != nil || ignored.contains(.resize) {
      interpolation = try fields.interpolation()
    }
    // (byte · factor − mean) / std, as (byte / 255 − mean / 255 factor) / (std / 255 factor).
    let way = "--mean and --std"
    let bothIgnored = ignored.isSuperset(of: [.mean, .standardDeviation])
    let isRescaled = try bothIgnored || fields.flag("do_rescale", else: true, way: way)
    let factor =
      try bothIgnored
      ? 1.0 / 255 : isRescaled ? fields.positive("rescale_factor", else: 1.0 / 255, way: way) : 1
    let scale = 255 * factor
    let isNormalized = try bothIgnored || fields.flag("do_normalize", else: true, way: way)
    func values(_ key: String, _ fallback: Double, _ way: String) throws -> [Float] {
      let values =
        isNormalized ? try fields.channels(key, way: way) : Array(repeating: fallback, count: 3)
      return values.map { Float($0 / scale) }
    }
    if !ignored.contains(.mean) { mean = try values("image_mean", 0, "--mean") }
    if !ignored.contains(.standardDeviation) {
      standardDeviation = try values("image_std", 1, "--std")
      if !standardDeviation.allSatisfy({ $0 > 0 && $0.isFinite }) {
        throw fields.error("image_std", "has a number that is not above 0; give --std")
      }
    }
  }
}

/// What is wrong with a `preprocessor_config.json`.
public struct PreprocessorFileError: Error, CustomStringConvertible, Equatable {
  public let file: String
  /// Nil where it is the file as a whole.
  public let key: String?
  public let reason: String

  public var description: String { file + ": " + (key.map { $0 + " " } ?? "") + reason }
}
