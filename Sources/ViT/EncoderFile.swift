import Foundation
import JEPATensor

/// An encoder's weights in safetensors files, under any of the names in use:
///
/// - the reference's and timm's (`blocks.0.attn.qkv.weight`), bare or within a training checkpoint
///   (`target_encoder.…`, `encoder.…`);
/// - Hugging Face's `IJepaModel` (`encoder.layer.0.attention.attention.query.weight`), with `config.json` beside
///   the file.
///
/// Both may lie under the names of what wraps a model (`module.`, `_orig_mod.`, `backbone.`, `model.`, `vit.`,
/// `ijepa.`), one within the other.
public struct EncoderFile {
  /// Which of a training checkpoint's encoders.
  public enum Part: String, Sendable, CaseIterable {
    /// The moving average, which I-JEPA evaluates.
    case target
    /// The one that is trained.
    case context
  }

  private let file: EncoderWeights
  private let huggingFace: HuggingFaceConfiguration?
  private let prefix: String
  private let isHuggingFace: Bool

  /// - Parameter url: a safetensors file; an index of several, `model.safetensors.index.json`; or the folder of a
  ///   model.
  /// - Throws: `SafetensorsError` where a file is broken; ``EncoderFileError`` where it holds no
  ///   encoder under names known here, several between which nothing decides, or is of another format.
  public init(_ url: URL, part: Part = .target) throws {
    file = try EncoderWeights(url)
    let place = try EncoderPlace(in: file, part: part)
    (prefix, isHuggingFace) = (place.prefix, place.isHuggingFace)
    huggingFace = isHuggingFace ? try HuggingFaceConfiguration(beside: file.url) : nil
  }

  /// The folder of the weights, where the files that describe a model lie.
  public var folder: URL { file.url.deletingLastPathComponent() }

  /// Whether `url` is a folder with a model's weights.
  public static func isModelFolder(_ url: URL) -> Bool { EncoderWeights.isModelFolder(url) }

  /// Builds the encoder.
  ///
  /// - Parameters:
  ///   - heads: the number of attention heads, which weights do not tell; from the file's metadata,
  ///     `config.json` or the preset of the same width unless given.
  ///   - imageSize: the side the positions are for; from the metadata, `config.json` or a square grid
  ///     unless given. Positions of another grid are interpolated.
  /// - Throws: ``EncoderFileError`` or `SafetensorsError`.
  public func encoder(heads: Int? = nil, imageSize: Int? = nil) throws -> VisionTransformer {
    let names = isHuggingFace ? EncoderNames.huggingFace : EncoderNames.reference
    let patch = try file.shape(of: prefix + names.patchWeight)
    guard patch.count == 4, patch[2] == patch[3], patch.allSatisfy({ $0 > 0 }), patch[1] == 3 else {
      throw unfit(prefix + names.patchWeight, patch, "[D, 3, p, p]")
    }
    var depth = 0
    while file.contains(prefix + names.mlpWeight(depth)) { depth += 1 }
    guard depth > 0 else {
      throw error("it holds no \(prefix + names.mlpWeight(0)); give a file with the whole encoder")
    }
    let width = patch[0]
    let mlp = try file.shape(of: prefix + names.mlpWeight(0))
    guard mlp.count == 2, mlp[0] > 0 else {
      throw unfit(prefix + names.mlpWeight(0), mlp, "[hidden, \(width)]")
    }
    let stored = try file.shape(of: prefix + names.positions)
    guard stored.count == 3, stored[0] == 1, stored[1] > 0, stored[2] == width else {
      throw unfit(prefix + names.positions, stored, "[1, patches, \(width)]")
    }
    let (height, side) = try storedSize(stored[1], patchSize: patch[2])
    var sizes = VisionTransformerConfiguration(
      patchSize: patch[2], imageHeight: height, imageWidth: side, embedDimensions: width,
      depth: depth, heads: try headCount(heads, width: width))
    sizes.channels = patch[1]
    sizes.mlpRatio = Double(mlp[0]) / Double(width)
    sizes.qkvBias = file.contains(prefix + names.qkvBias)
    sizes.layerNormEpsilon =
      huggingFace?.layerNormEpsilon ?? file.metadata["layer_norm_eps"].flatMap(Double.init) ?? 1e-6
    guard width % 4 == 0 else {
      throw error("its width \(width) is not a multiple of 4; give an I-JEPA encoder")
    }
    guard sizes.heads > 0, width % sizes.heads == 0 else {
      throw error("its width \(width) does not divide by \(sizes.heads) heads; give --heads")
    }
    guard sizes.layerNormEpsilon > 0, sizes.layerNormEpsilon.isFinite else {
      throw error(
        "its layer_norm_eps is \(sizes.layerNormEpsilon); give a number above 0, such as 1e-6")
    }
    // Before memory is taken for them: the blocks' matrices must be in the file.
    let matrices = Double(depth) * Double(width) * Double(4 * width + 2 * mlp[0])
    let bytes = file.byteCount
    guard matrices <= bytes else {
      throw error(
        "its \(depth) blocks of width \(width) need more numbers than the file's \(Int(bytes)) bytes hold; "
          + "it is damaged or of another architecture, give an I-JEPA encoder")
    }
    var encoder = VisionTransformer(zeros: sizes)
    var weights: [String: Tensor] = [:]
    for (name, parameter) in encoder.namedParameters() {
      weights[name] = try tensor(name, shape: parameter.shape)
    }
    try refuseOtherTensors(than: Set(weights.keys.flatMap(storedNames)))
    try encoder.load(weights, from: file.url.path)
    guard let imageSize else { return encoder }
    guard imageSize >= patch[2] else {
      throw error(
        "image size \(imageSize) is smaller than its patch size \(patch[2]); use \(patch[2]) or more"
      )
    }
    return encoder.resized(height: imageSize, width: imageSize)
  }

  private func tensor(_ name: String, shape: [Int]) throws -> Tensor {
    let parts = storedNames(of: name)
    var expected = shape
    expected[0] /= parts.count
    let tensors = try parts.map { part in
      let stored = try file.shape(of: prefix + part)
      guard stored == expected else { throw unfit(prefix + part, stored, "\(expected)") }
      return try file.tensor(named: prefix + part, as: .float32)
    }
    return tensors.count == 1 ? tensors[0] : .concatenated(tensors, axis: 0)
  }

  /// What the reference's `name` is called below ``prefix``.
  private func storedNames(of name: String) -> [String] {
    isHuggingFace ? EncoderNames.huggingFaceParts(of: name) : [name]
  }

  /// Refuses an encoder that computes with more than was read of it, such as scales of layers.
  private func refuseOtherTensors(than used: Set<String>) throws {
    let blocks = prefix + (isHuggingFace ? "encoder.layer." : "blocks.")
    let others = file.names.filter {
      $0.hasPrefix(blocks) && !used.contains(String($0.dropFirst(prefix.count)))
    }
    guard let other = others.min() else { return }
    throw error(
      "its blocks have tensors that an I-JEPA encoder's have not, \"\(other)\" for instance; it is of "
        + "another architecture, give an I-JEPA encoder")
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
      throw error(
        "its width \(width) is no preset's, so the number of heads is unknown; give --heads")
    }
    return preset.heads
  }

  /// The size of image that the positions are for. It need not divide into patches: as by the convolution of
  /// Hugging Face's class, what is left at the right and lower edge is not seen.
  private func storedSize(
    _ positions: Int, patchSize: Int
  ) throws -> (height: Int, width: Int) {
    let metadata = file.metadata
    var sides = huggingFace?.imageSize
    if let height = metadata["image_height"].flatMap(Int.init),
      let width = metadata["image_width"].flatMap(Int.init)
    {
      sides = (height, width)
    }
    if let (height, width) = sides, height > 0, width > 0 {
      let (rows, columns) = (height / patchSize, width / patchSize)
      if rows > 0, positions % rows == 0, positions / rows == columns {
        return (height, width)
      }
    }
    let side = Int(Double(positions).squareRoot().rounded())
    guard side * side == positions else {
      throw error(
        "its \(positions) positions are no square grid; write image_height and image_width into "
          + "the file's metadata, or image_size into config.json")
    }
    return (side * patchSize, side * patchSize)
  }

  private func unfit(_ name: String, _ shape: [Int], _ expected: String) -> EncoderFileError {
    error(
      "tensor \"\(name)\" has shape \(shape), not \(expected); the file is damaged or of another "
        + "architecture, give an I-JEPA encoder")
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
