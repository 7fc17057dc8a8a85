/// Where in a file's tensors an encoder is: what stands before its names, and whose names they are.
struct EncoderPlace {
  let prefix: String
  let isHuggingFace: Bool

  /// What a model may be wrapped in, which says nothing of its part in training.
  private static let wrappers: Set<Substring> = [
    "module", "backbone", "model", "vit", "ijepa", "network", "net", "state_dict",
  ]
  /// The first that is found is taken: what the rest of a prefix is, without wrappers.
  private static let targets = ["target_encoder", "teacher", "ema", "encoder", ""]
  private static let contexts = ["encoder", "context_encoder", "student", "target_encoder", ""]

  /// - Throws: ``EncoderFileError``.
  init(in file: EncoderWeights, part: EncoderFile.Part) throws {
    func refuse(_ reason: String) -> EncoderFileError {
      EncoderFileError(file: file.url.path, reason: reason)
    }
    let (reference, huggingFace) = (
      EncoderNames.reference.patchWeight, EncoderNames.huggingFace.patchWeight
    )
    let found = file.names.sorted().compactMap { name -> EncoderPlace? in
      for (patch, isHuggingFace) in [(huggingFace, true), (reference, false)] {
        if name == patch || name.hasSuffix("." + patch) {
          return EncoderPlace(
            prefix: String(name.dropLast(patch.count)), isHuggingFace: isHuggingFace)
        }
      }
      return nil
    }
    guard !found.isEmpty else {
      throw refuse(
        "it holds no encoder: neither \(reference) nor \(huggingFace) is among its "
          + "\(file.names.count) tensors; give a checkpoint of I-JEPA, or of Hugging Face's "
          + "IJepaModel, as safetensors")
    }
    let places = (part == .target ? Self.targets : Self.contexts).lazy
      .map { role in found.filter { $0.role == role } }.first { !$0.isEmpty }
    let candidates = places ?? found
    // Of the same encoder under several names, the plainest is taken.
    let least = candidates.map(\.depth).min() ?? 0
    let plainest = candidates.filter { $0.depth == least }
    guard plainest.count == 1, places != nil || found.count == 1 else {
      let list = candidates.prefix(4).map { "\"\($0.prefix)\"" }.joined(separator: ", ")
      throw refuse(
        "it holds several encoders, under \(list); write the one that is wanted into a file of its own"
      )
    }
    self = plainest[0]
    for token in ["cls_token", "embeddings.cls_token", "reg_token", "register_tokens"]
    where file.contains(prefix + token) {
      throw refuse(
        "it has \(prefix)\(token), and only encoders of patches alone are read; give an I-JEPA encoder"
      )
    }
  }

  private init(prefix: String, isHuggingFace: Bool) {
    self.prefix = prefix
    self.isHuggingFace = isHuggingFace
  }

  /// The prefix without wrappers: `target_encoder` of `module.target_encoder.backbone.`.
  private var role: String {
    prefix.split(separator: ".").filter { !Self.wrappers.contains($0) }.joined(separator: ".")
  }

  private var depth: Int { prefix.split(separator: ".").count }
}
