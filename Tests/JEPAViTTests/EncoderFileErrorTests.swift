import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

/// Files that give no encoder are refused in one line that names the file and the way out.
@Suite struct EncoderFileErrorTests {
  private static let encoder = VisionTransformer.scrambled(dtype: .float32)

  /// Expects the error of reading `tensors` to be the file's path, then `message`.
  private func expect(
    _ message: String, tensors: [(String, Tensor)], metadata: [String: String] = [:],
    configuration: String? = nil, heads: Int? = 2, imageSize: Int? = nil,
    file named: String = "encoder.safetensors", sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(tensors: tensors, metadata: metadata, to: url)
    if let configuration {
      try EncoderFileTests.write(configuration, to: folder.file("config.json"))
    }
    var description = "no error"
    do {
      _ = try EncoderFile(url).encoder(heads: heads, imageSize: imageSize)
    } catch {
      description = "\(error)"
    }
    #expect(
      description == folder.file(named).path + ": " + message, sourceLocation: sourceLocation)
    #expect(!description.contains("\n"), sourceLocation: sourceLocation)
  }

  /// The encoder's tensors with one replaced.
  private func with(
    _ name: String, _ shape: [Int], in tensors: [(String, Tensor)]? = nil
  ) -> [(String, Tensor)] {
    (tensors ?? EncoderFileTests.reference(Self.encoder)).map {
      $0.0 == name ? (name, .zeros(shape)) : $0
    }
  }

  @Test func noEncoder() throws {
    try expect(
      "it holds no encoder: neither patch_embed.proj.weight nor "
        + "embeddings.patch_embeddings.projection.weight is among its 1 tensors; give a checkpoint "
        + "of I-JEPA, or of Hugging Face's IJepaModel, as safetensors",
      tensors: [("fc.weight", .zeros([2, 2]))])
    try expect(
      "it holds no blocks.0.mlp.fc1.weight; give a file with the whole encoder",
      tensors: EncoderFileTests.reference(Self.encoder).filter { !$0.0.hasPrefix("blocks") })
  }

  @Test func unknownHeads() throws {
    try expect(
      "its width 16 is no preset's, so the number of heads is unknown; give --heads",
      tensors: EncoderFileTests.reference(Self.encoder), heads: nil)
    try expect(
      "its width 16 is no preset's, so the number of heads is unknown; give --heads",
      tensors: EncoderFileTests.huggingFace(Self.encoder), configuration: "{}", heads: nil)
  }

  @Test(arguments: [3, 0, -2, 32])
  func impossibleHeads(_ heads: Int) throws {
    let message = "its width 16 does not divide by \(heads) heads; give --heads"
    try expect(message, tensors: EncoderFileTests.reference(Self.encoder), heads: heads)
    try expect(
      message, tensors: EncoderFileTests.reference(Self.encoder),
      metadata: ["num_heads": "\(heads)"], heads: nil)
    try expect(
      message, tensors: EncoderFileTests.huggingFace(Self.encoder),
      configuration: #"{"num_attention_heads": \#(heads)}"#, heads: nil)
  }

  @Test(arguments: [
    ("patch_embed.proj.weight", [16, 3, 4], "[D, 3, p, p]"),
    ("patch_embed.proj.weight", [16, 3, 4, 2], "[D, 3, p, p]"),
    ("patch_embed.proj.weight", [16, 3, 0, 0], "[D, 3, p, p]"),
    ("patch_embed.proj.weight", [0, 3, 4, 4], "[D, 3, p, p]"),
    ("blocks.0.mlp.fc1.weight", [], "[hidden, 16]"),
    ("blocks.0.mlp.fc1.weight", [64, 8], "[64, 16]"),
    ("blocks.0.attn.qkv.weight", [16, 16], "[48, 16]"),
    ("blocks.1.norm2.bias", [], "[16]"), ("pos_embed", [16, 16], "[1, patches, 16]"),
    ("pos_embed", [1, 0, 16], "[1, patches, 16]"), ("pos_embed", [1, 16, 8], "[1, patches, 16]"),
  ])
  func wrongShapes(_ name: String, _ shape: [Int], _ expected: String) throws {
    try expect(
      "tensor \"\(name)\" has shape \(shape), not \(expected); the file is damaged or of another "
        + "architecture, give an I-JEPA encoder", tensors: with(name, shape))
  }

  /// The tensor is called what it is called in the file.
  @Test func wrongShapesInOtherNamings() throws {
    let key = "ijepa.encoder.layer.1.attention.attention.key.weight"
    try expect(
      "tensor \"\(key)\" has shape [16, 8], not [16, 16]; the file is damaged or of another "
        + "architecture, give an I-JEPA encoder",
      tensors: with(
        key, [16, 8], in: EncoderFileTests.huggingFace(Self.encoder, prefix: "ijepa.")))
    let weight = "target_encoder.norm.weight"
    try expect(
      "tensor \"\(weight)\" has shape [8], not [16]; the file is damaged or of another "
        + "architecture, give an I-JEPA encoder",
      tensors: with(
        weight, [8], in: EncoderFileTests.reference(Self.encoder, prefix: "target_encoder.")))
  }

  @Test func missingTensorIsNamed() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(
      tensors: EncoderFileTests.reference(Self.encoder).filter {
        $0.0 != "blocks.1.attn.proj.bias"
      },
      to: url)
    do {
      _ = try EncoderFile(url).encoder(heads: 2)
      Issue.record("no error")
    } catch let error as SafetensorsError {
      #expect(error.tensor == "blocks.1.attn.proj.bias")
      #expect("\(error)".hasPrefix(url.path + ": tensor \"blocks.1.attn.proj.bias\""))
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test(arguments: [3, 0, -4])
  func imageSizeWithoutAPatch(_ size: Int) throws {
    try expect(
      "image size \(size) is smaller than its patch size 4; use 4 or more",
      tensors: EncoderFileTests.reference(Self.encoder), imageSize: size)
  }

  @Test func positionsThatAreNoGrid() throws {
    let message =
      "its 15 positions are no square grid; write image_height and image_width into the file's "
      + "metadata, or image_size into config.json"
    try expect(message, tensors: with("pos_embed", [1, 15, 16]))
    for height in ["0", "-12", "9223372036854775807", "x"] {
      try expect(
        message, tensors: with("pos_embed", [1, 15, 16]),
        metadata: ["image_height": height, "image_width": "9223372036854775807"])
    }
    try expect(
      message,
      tensors: with(
        "embeddings.position_embeddings", [1, 15, 16],
        in: EncoderFileTests.huggingFace(Self.encoder)),
      configuration: #"{"image_size": [-12, -20]}"#)
  }

  @Test(arguments: ["{", "[1]", ""])
  func brokenConfiguration(_ text: String) throws {
    try expect(
      "it is not a JSON object; fetch it again from where the weights came",
      tensors: EncoderFileTests.huggingFace(Self.encoder), configuration: text, file: "config.json")
  }

  @Test func otherActivation() throws {
    try expect(
      "hidden_act is \"relu\"; only \"gelu\" is supported, give another encoder",
      tensors: EncoderFileTests.huggingFace(Self.encoder),
      configuration: #"{"hidden_act": "relu"}"#, file: "config.json")
  }

  /// Beside the reference's names, a `config.json` is nobody's business.
  @Test func configurationBesideTheReferencesNamesIsIgnored() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(tensors: EncoderFileTests.reference(Self.encoder), to: url)
    try EncoderFileTests.write("{", to: folder.file("config.json"))
    _ = try EncoderFile(url).encoder(heads: 2)
  }
}
