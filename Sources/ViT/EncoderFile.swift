import Foundation
import JEPATensor

/// An encoder's weights in a safetensors file, under any of the names in use:
///
/// - the reference's (`blocks.0.attn.qkv.weight`), bare or within a training checkpoint
///   (`target_encoder.…`, `encoder.…`, `module.…`);
/// - Hugging Face's `IJepaModel` (`encoder.layer.0.attention.attention.query.weight`), bare or under
///   `ijepa.`, with `config.json` beside the file.
public struct EncoderFile {
  /// Which of a training checkpoint's encoders.
  public enum Part: String, Sendable, CaseIterable {
    /// The moving average, which I-JEPA evaluates.
    case target
    /// The one that is trained.
    case context
  }

  private let file: SafetensorsFile
  private let huggingFace: HuggingFaceConfiguration?
  private let prefix: String
  private let isHuggingFace: Bool

  /// - Throws: `SafetensorsError` where the file is broken; ``EncoderFileError`` where it holds no
  ///   encoder under names known here.
  public init(_ url: URL, part: Part = .target) throws {
    file = try SafetensorsFile(url)
    let own = part == .target ? ["target_encoder.", "encoder."] : ["encoder.", "target_encoder."]
    let patch = "patch_embed.proj.weight"
    let hugging = "embeddings.patch_embeddings.projection.weight"
    if let found = (own + ["", "module."]).first(where: { [file] in file.contains($0 + patch) }) {
      (prefix, isHuggingFace, huggingFace) = (found, false, nil)
    } else if let found = ["", "ijepa."].first(where: { [file] in file.contains($0 + hugging) }) {
      (prefix, isHuggingFace) = (found, true)
      huggingFace = try HuggingFaceConfiguration(beside: url)
    } else {
      throw EncoderFileError(
        file: url.path,
        reason: "it holds no encoder: neither \(patch) nor \(hugging) is among its "
          + "\(file.names.count) tensors")
    }
  }

  /// Builds the encoder.
  ///
  /// - Parameters:
  ///   - heads: the number of attention heads, which weights do not tell; from the file's metadata,
  ///     `config.json` or the preset of the same width unless given.
  ///   - imageSize: the side the positions are for; from the metadata, `config.json` or a square grid
  ///     unless given. Positions of another grid are interpolated.
  /// - Throws: ``EncoderFileError``, `SafetensorsError` or `ParameterLoadingError`.
  public func encoder(heads: Int? = nil, imageSize: Int? = nil) throws -> VisionTransformer {
    let names = isHuggingFace ? EncoderNames.huggingFace : EncoderNames.reference
    let patch = try file.shape(of: prefix + names.patchWeight)
    guard patch.count == 4, patch[2] == patch[3] else {
      throw error("\(prefix + names.patchWeight) has shape \(patch), not [D, 3, p, p]")
    }
    var depth = 0
    while file.contains(prefix + names.mlpWeight(depth)) { depth += 1 }
    guard depth > 0 else { throw error("it holds no \(prefix + names.mlpWeight(0))") }
    let width = patch[0]
    let hidden = try file.shape(of: prefix + names.mlpWeight(0))[0]
    let stored = try file.shape(of: prefix + names.positions)
    let positions = stored.count == 3 ? stored[1] : 0
    let grid = try storedGrid(positions, patchSize: patch[2])
    var sizes = VisionTransformerConfiguration(
      patchSize: patch[2], imageHeight: grid.rows * patch[2], imageWidth: grid.columns * patch[2],
      embedDimensions: width, depth: depth, heads: try headCount(heads, width: width))
    sizes.channels = patch[1]
    sizes.mlpRatio = Double(hidden) / Double(width)
    sizes.qkvBias = file.contains(prefix + names.qkvBias)
    sizes.layerNormEpsilon =
      huggingFace?.layerNormEpsilon ?? file.metadata["layer_norm_eps"].flatMap(Double.init) ?? 1e-6
    guard width % sizes.heads == 0, width % 4 == 0 else {
      throw error("its width \(width) does not divide by \(sizes.heads) heads; give --heads")
    }
    var random = RandomSource(seed: 0)
    var encoder = VisionTransformer(sizes, using: &random)
    var weights: [String: Tensor] = [:]
    for (name, _) in encoder.namedParameters() {
      weights[name] = try tensor(name)
    }
    try encoder.load(weights, from: file.url.path)
    guard let imageSize else { return encoder }
    guard imageSize > 0, imageSize % patch[2] == 0 else {
      throw error(
        "image size \(imageSize) is not divisible by its patch size \(patch[2]); use "
          + "\(max(1, imageSize / patch[2]) * patch[2])")
    }
    return encoder.resized(height: imageSize, width: imageSize)
  }

  private func tensor(_ name: String) throws -> Tensor {
    if !isHuggingFace { return try file.tensor(named: prefix + name, as: .float32) }
    let parts = EncoderNames.huggingFaceParts(of: name).map { prefix + $0 }
    return .concatenated(try parts.map { try file.tensor(named: $0, as: .float32) }, axis: 0)
  }

  private func headCount(_ given: Int?, width: Int) throws -> Int {
    if let given { return given }
    if let heads = huggingFace?.heads ?? file.metadata["num_heads"].flatMap(Int.init) {
      return heads
    }
    let presets = VisionTransformerConfiguration.presetNames.compactMap {
      VisionTransformerConfiguration.preset($0, patchSize: 16, imageHeight: 224, imageWidth: 224)
    }
    guard let preset = presets.first(where: { $0.embedDimensions == width }) else {
      throw error("its width \(width) is no preset's, so the number of heads is unknown; give --heads")
    }
    return preset.heads
  }

  private func storedGrid(_ positions: Int, patchSize: Int) throws -> PatchGrid {
    let metadata = file.metadata
    if let height = metadata["image_height"].flatMap(Int.init),
      let width = metadata["image_width"].flatMap(Int.init),
      (height / patchSize) * (width / patchSize) == positions
    {
      return PatchGrid(rows: height / patchSize, columns: width / patchSize)
    }
    if let (height, width) = huggingFace?.imageSize,
      (height / patchSize) * (width / patchSize) == positions
    {
      return PatchGrid(rows: height / patchSize, columns: width / patchSize)
    }
    let side = Int(Double(positions).squareRoot().rounded())
    guard side > 0, side * side == positions else {
      throw error("its \(positions) positions are no square grid")
    }
    return PatchGrid(rows: side, columns: side)
  }

  private func error(_ reason: String) -> EncoderFileError {
    EncoderFileError(file: file.url.path, reason: reason)
  }
}

/// Why a file gave no encoder.
public struct EncoderFileError: Error, CustomStringConvertible, Equatable {
  public let file: String
  public let reason: String

  public var description: String { "\(file): \(reason)" }
}
