import Foundation

/// The names that tell an encoder's sizes, in one naming.
struct EncoderNames {
  let patchWeight: String
  let positions: String
  let qkvBias: String
  let mlpWeight: @Sendable (_ block: Int) -> String

  static let reference = EncoderNames(
    patchWeight: "patch_embed.proj.weight", positions: "pos_embed",
    qkvBias: "blocks.0.attn.qkv.bias", mlpWeight: { "blocks.\($0).mlp.fc1.weight" })

  static let huggingFace = EncoderNames(
    patchWeight: "embeddings.patch_embeddings.projection.weight",
    positions: "embeddings.position_embeddings",
    qkvBias: "encoder.layer.0.attention.attention.query.bias",
    mlpWeight: { "encoder.layer.\($0).intermediate.dense.weight" })

  /// Hugging Face's names of the tensors that, one after the other, make the reference's `name`.
  static func huggingFaceParts(of name: String) -> [String] {
    switch name {
    case "patch_embed.proj.weight": return ["embeddings.patch_embeddings.projection.weight"]
    case "patch_embed.proj.bias": return ["embeddings.patch_embeddings.projection.bias"]
    case "pos_embed": return ["embeddings.position_embeddings"]
    case "norm.weight": return ["layernorm.weight"]
    case "norm.bias": return ["layernorm.bias"]
    default: break
    }
    // blocks.<i>.<layer>.<weight or bias>
    let words = name.split(separator: ".").map(String.init)
    guard words.count >= 4, words[0] == "blocks", let kind = words.last else { return [name] }
    let layer = "encoder.layer.\(words[1])."
    switch words[2..<words.count - 1].joined(separator: ".") {
    case "norm1": return [layer + "layernorm_before." + kind]
    case "norm2": return [layer + "layernorm_after." + kind]
    case "attn.qkv":
      return ["query", "key", "value"].map { layer + "attention.attention.\($0)." + kind }
    case "attn.proj": return [layer + "attention.output.dense." + kind]
    case "mlp.fc1": return [layer + "intermediate.dense." + kind]
    case "mlp.fc2": return [layer + "output.dense." + kind]
    default: return [name]
    }
  }
}

/// The part of Hugging Face's `config.json` that weights do not tell.
struct HuggingFaceConfiguration {
  var heads: Int?
  var layerNormEpsilon: Double
  var imageSize: (height: Int, width: Int)?

  /// - Throws: ``EncoderFileError`` where `config.json` lies beside the weights and is not readable as
  ///   such a configuration, or asks for something this encoder does not compute.
  init(beside weights: URL) throws {
    let url = weights.deletingLastPathComponent().appendingPathComponent("config.json")
    // The class's own default; published checkpoints set 1e-6 in their config.json.
    layerNormEpsilon = 1e-12
    guard FileManager.default.fileExists(atPath: url.path) else {
      layerNormEpsilon = 1e-6
      return
    }
    guard let data = try? Data(contentsOf: url),
      let object = try? JSONSerialization.jsonObject(with: data),
      let values = object as? [String: Any]
    else {
      throw EncoderFileError(
        file: url.path,
        reason: "it is not a JSON object; fetch it again from where the weights came")
    }
    heads = values["num_attention_heads"] as? Int
    if let epsilon = values["layer_norm_eps"] as? NSNumber {
      layerNormEpsilon = epsilon.doubleValue
    }
    if let side = values["image_size"] as? Int { imageSize = (side, side) }
    if let sides = values["image_size"] as? [Int], sides.count == 2 {
      imageSize = (sides[0], sides[1])
    }
    if let activation = values["hidden_act"] as? String, activation != "gelu" {
      throw EncoderFileError(
        file: url.path,
        reason: "hidden_act is \"\(activation)\"; only \"gelu\" is supported, give another encoder")
    }
  }
}
