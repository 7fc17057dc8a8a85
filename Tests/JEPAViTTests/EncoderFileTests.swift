import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

@Suite struct EncoderFileTests {
  /// An encoder's tensors under Hugging Face's names, written out by hand.
  static func huggingFace(
    _ encoder: VisionTransformer, prefix: String = ""
  ) -> [(String, Tensor)] {
    let all = Dictionary(
      encoder.namedParameters().map { ($0.name, $0.tensor) },
      uniquingKeysWith: { first, _ in first })
    let renamed = [
      "patch_embed.proj": "embeddings.patch_embeddings.projection", "norm": "layernorm",
      "norm1": "layernorm_before", "norm2": "layernorm_after",
      "attn.proj": "attention.output.dense", "mlp.fc1": "intermediate.dense",
      "mlp.fc2": "output.dense",
    ]
    var result: [(String, Tensor)] = []
    for (name, tensor) in all {
      if name == "pos_embed" {
        result.append((prefix + "embeddings.position_embeddings", tensor))
        continue
      }
      var words = name.split(separator: ".").map(String.init)
      let kind = words.removeLast()
      var layer = prefix
      if words[0] == "blocks" {
        layer += "encoder.layer.\(words[1])."
        words.removeFirst(2)
      }
      let module = words.joined(separator: ".")
      if module == "attn.qkv" {
        let width = tensor.shape[0] / 3
        for (index, part) in ["query", "key", "value"].enumerated() {
          result.append(
            (
              layer + "attention.attention.\(part).\(kind)",
              tensor.slice(axis: 0, index * width..<(index + 1) * width)
            ))
        }
      } else {
        result.append((layer + (renamed[module] ?? module) + "." + kind, tensor))
      }
    }
    return result
  }

  static func reference(
    _ encoder: VisionTransformer, prefix: String = ""
  ) -> [(String, Tensor)] {
    encoder.namedParameters().map { (prefix + $0.name, $0.tensor) }
  }

  static func write(_ text: String, to url: URL) throws {
    try Data(text.utf8).write(to: url)
  }

  private func expectSame(
    _ actual: VisionTransformer, _ expected: VisionTransformer,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.configuration == expected.configuration, sourceLocation: sourceLocation)
    for (a, b) in zip(actual.namedParameters(), expected.namedParameters()) {
      #expect(a.name == b.name, sourceLocation: sourceLocation)
      expectSameBits(a.tensor, b.tensor, a.name, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    "", "module.", "encoder.", "target_encoder.", "target_encoder.module.", "encoder.module.",
  ])
  func readsTheReferencesNames(_ prefix: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    let encoder = VisionTransformer.scrambled(dtype: .float32)
    try Safetensors.write(tensors: Self.reference(encoder, prefix: prefix), to: url)
    expectSame(try EncoderFile(url).encoder(heads: 2), encoder)
  }

  @Test func choosesAmongACheckpointsEncoders() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("checkpoint.safetensors")
    let target = VisionTransformer.scrambled(seed: 1, dtype: .float32)
    let context = VisionTransformer.scrambled(seed: 2, dtype: .float32)
    try Safetensors.write(
      tensors: Self.reference(target, prefix: "target_encoder.")
        + Self.reference(context, prefix: "encoder."),
      metadata: ["num_heads": "2", "layer_norm_eps": "1e-05"], to: url)
    let read = try EncoderFile(url).encoder()
    #expect(read.configuration.layerNormEpsilon == 1e-5)
    #expect(read.norm.epsilon == 1e-5 && read.blocks[0].norm1.epsilon == 1e-5)
    expectSameBits(read.norm.weight, target.norm.weight)
    expectSameBits(
      try EncoderFile(url, part: .context).encoder().norm.weight, context.norm.weight)
  }

  /// Sizes beyond the usual: no bias for queries, keys and values, an odd hidden width, a grid that
  /// is not square, blocks past the tenth.
  @Test func readsUnusualSizes() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    var sizes = VisionTransformerConfiguration.small(height: 8, width: 12, depth: 12)
    sizes.embedDimensions = 28
    sizes.mlpRatio = 61.0 / 28
    sizes.qkvBias = false
    let encoder = VisionTransformer.scrambled(sizes, dtype: .float32)
    try Safetensors.write(
      tensors: Self.reference(encoder), metadata: ["image_height": "8", "image_width": "12"],
      to: url)
    expectSame(try EncoderFile(url).encoder(heads: 2), encoder)
  }

  @Test(arguments: ["", "ijepa."])
  func readsHuggingFacesNames(_ prefix: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("model.safetensors")
    let encoder = VisionTransformer.scrambled(.small(depth: 11), dtype: .float32)
    try Safetensors.write(tensors: Self.huggingFace(encoder, prefix: prefix), to: url)
    try Self.write(
      #"{"num_attention_heads": 2, "layer_norm_eps": 1e-06, "hidden_act": "gelu", "image_size": 16}"#,
      to: folder.file("config.json"))
    expectSame(try EncoderFile(url).encoder(), encoder)
  }

  @Test func huggingFacesConfigurationIsHeeded() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("model.safetensors")
    var sizes = VisionTransformerConfiguration.small(height: 8, width: 32)
    sizes.heads = 4
    let encoder = VisionTransformer.scrambled(sizes, dtype: .float32)
    try Safetensors.write(tensors: Self.huggingFace(encoder), to: url)
    let configuration = folder.file("config.json")
    try Self.write(#"{"num_attention_heads": 4, "image_size": [8, 32]}"#, to: configuration)
    let read = try EncoderFile(url).encoder()
    #expect(read.configuration.heads == 4)
    #expect(read.configuration.grid == PatchGrid(rows: 2, columns: 8))
    // Absent, it is the class's own default; without the file, the published checkpoints' value.
    #expect(read.norm.epsilon == 1e-12)
    try Self.write(#"{"num_attention_heads": 4, "layer_norm_eps": 0.5}"#, to: configuration)
    let square = try EncoderFile(url).encoder(heads: 8)
    #expect(square.configuration.grid == PatchGrid(rows: 4, columns: 4))
    #expect(square.norm.epsilon == 0.5)
    #expect(square.configuration.heads == 8)
    try FileManager.default.removeItem(at: configuration)
    #expect(try EncoderFile(url).encoder(heads: 2).norm.epsilon == 1e-6)
  }

  /// A preset's width tells the heads.
  @Test func headsByWidth() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("tiny.safetensors")
    var sizes = VisionTransformerConfiguration.small(depth: 1)
    sizes.embedDimensions = 192
    sizes.heads = 3
    sizes.mlpRatio = 1
    var random = RandomSource(seed: 0)
    try Safetensors.write(
      tensors: Self.reference(VisionTransformer(sizes, using: &random)), to: url)
    #expect(try EncoderFile(url).encoder().configuration.heads == 3)
  }

  @Test func resizesPositions() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    let encoder = VisionTransformer.scrambled(dtype: .float32)
    try Safetensors.write(tensors: Self.reference(encoder), to: url)
    expectSame(
      try EncoderFile(url).encoder(heads: 2, imageSize: 24), encoder.resized(height: 24, width: 24))
  }

  /// A size that the patch does not divide: what is left over is not seen.
  @Test func sizesBetweenPatches() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    let encoder = VisionTransformer.scrambled(dtype: .float32)
    try Safetensors.write(tensors: Self.reference(encoder), to: url)
    let patch = encoder.configuration.patchSize
    let wide = try EncoderFile(url).encoder(heads: 2, imageSize: 6 * patch + patch - 1)
    #expect(wide.configuration.grid == PatchGrid(rows: 6, columns: 6))
    var random = RandomSource(seed: 1)
    let side = wide.configuration.imageHeight
    let images = Tensor.normal([2, 3, side, side], using: &random)
    let even = images.slice(axis: 2, 0..<6 * patch).slice(axis: 3, 0..<6 * patch)
    expectSameBits(
      wide(images).tokens, encoder.resized(height: 6 * patch, width: 6 * patch)(even).tokens)
  }

  @Test func readsOtherElementTypes() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    let encoder = VisionTransformer.scrambled(dtype: .float64)
    try Safetensors.write(tensors: Self.reference(encoder), to: url)
    let read = try EncoderFile(url).encoder(heads: 2)
    for (a, b) in zip(read.namedParameters(), encoder.namedParameters()) {
      expectSameBits(a.tensor, b.tensor.cast(to: .float32), a.name)
    }
  }
}
