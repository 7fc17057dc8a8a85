import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

/// Encoders as they are published and saved: folders, files in pieces, under the names of what wraps them.
@Suite struct EncoderWeightsTests {
  private static let encoder = VisionTransformer.scrambled(dtype: .float32)
  private static let configuration =
    #"{"num_attention_heads": 2, "layer_norm_eps": 1e-06, "image_size": 16}"#

  private func expectSame(
    _ actual: VisionTransformer, _ expected: VisionTransformer = encoder,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (a, b) in zip(actual.namedParameters(), expected.namedParameters()) {
      expectSameBits(a.tensor, b.tensor, a.name, sourceLocation: sourceLocation)
    }
  }

  private func refusal(_ url: URL) -> String {
    do {
      _ = try EncoderFile(url).encoder(heads: 2)
      return "no error"
    } catch { return "\(error)" }
  }

  /// The encoder in Hugging Face's names, cut into files with an index.
  private func writeShards(_ count: Int, to folder: TemporaryFolder) throws {
    let tensors = EncoderFileTests.huggingFace(Self.encoder).sorted { $0.0 < $1.0 }
    var map: [String: String] = [:]
    for shard in 0..<count {
      let name = "model-0000\(shard + 1)-of-0000\(count).safetensors"
      let part = Array(tensors[shard * tensors.count / count..<(shard + 1) * tensors.count / count])
      try Safetensors.write(tensors: part, to: folder.file(name))
      for (tensor, _) in part { map[tensor] = name }
    }
    let index = try JSONSerialization.data(
      withJSONObject: ["metadata": ["total_size": 1], "weight_map": map])
    try index.write(to: folder.file("model.safetensors.index.json"))
    try EncoderFileTests.write(Self.configuration, to: folder.file("config.json"))
  }

  @Test func piecesAreReadByTheirIndexOrTheirFolder() throws {
    let folder = try TemporaryFolder()
    try writeShards(3, to: folder)
    expectSame(try EncoderFile(folder.file("model.safetensors.index.json")).encoder())
    expectSame(try EncoderFile(folder.url).encoder())
    #expect(EncoderFile.isModelFolder(folder.url))
    #expect(!EncoderFile.isModelFolder(folder.file("config.json")))
  }

  @Test func onePieceAloneNamesTheIndex() throws {
    let folder = try TemporaryFolder()
    try writeShards(2, to: folder)
    let text = refusal(folder.file("model-00001-of-00002.safetensors"))
    #expect(
      text.contains("give \(folder.file("model.safetensors.index.json").path), or the folder"))
    try FileManager.default.removeItem(at: folder.file("model-00002-of-00002.safetensors"))
    #expect(
      refusal(folder.url).contains(
        "it names model-00002-of-00002.safetensors, which is not beside it"))
  }

  /// An index names files beside it and nothing else.
  @Test(arguments: [
    (#"{"weight_map": {"a": "../secret.safetensors"}}"#, "which is not a file beside it"),
    (#"{"weight_map": {"a": "/etc/passwd"}}"#, "which is not a file beside it"),
    (#"{"weight_map": {"a": ""}}"#, "which is not a file beside it"),
    (
      #"{"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}}"#,
      "save_pretrained(\"converted\")"
    ),
    (#"{"weight_map": {}}"#, "it is no index of weights"),
    (#"{"weight_map": 3}"#, "it is no index of weights"),
    ("[", "it is no index of weights"),
  ])
  func indicesAreChecked(_ text: String, _ part: String) throws {
    let folder = try TemporaryFolder()
    let index = folder.file("model.safetensors.index.json")
    try EncoderFileTests.write(text, to: index)
    #expect(refusal(index).hasPrefix(index.path + ": ") && refusal(index).contains(part))
    #expect(!refusal(index).contains("\n"))
  }

  @Test func foldersWithOneFileAreRead() throws {
    for name in ["model.safetensors", "encoder.safetensors", "jepa-vith14.safetensors"] {
      let folder = try TemporaryFolder()
      try Safetensors.write(
        tensors: EncoderFileTests.reference(Self.encoder), metadata: ["num_heads": "2"],
        to: folder.file(name))
      expectSame(try EncoderFile(folder.url).encoder())
    }
    let folder = try TemporaryFolder()
    #expect(
      refusal(folder.url).contains("has no model.safetensors or model.safetensors.index.json"))
    for name in ["a.safetensors", "b.safetensors"] {
      try Safetensors.write(
        tensors: EncoderFileTests.reference(Self.encoder), to: folder.file(name))
    }
    #expect(refusal(folder.url).contains("a.safetensors and b.safetensors among them; name one"))
  }

  /// By torch.compile, DataParallel, Lightning, timm and their combinations.
  @Test(arguments: [
    "_orig_mod.", "module._orig_mod.", "backbone.", "model.", "vit.", "model.backbone.",
    "state_dict.model.vit.", "target_encoder._orig_mod.module.", "module.target_encoder.",
    "teacher.backbone.", "encoder.model.", "something.of.ones.own.",
  ])
  func wrappersAreSeenThrough(_ prefix: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(
      tensors: EncoderFileTests.reference(Self.encoder, prefix: prefix)
        + [(prefix + "head.weight", .zeros([2, 16])), ("predictor.norm.weight", .zeros([16]))],
      to: url)
    expectSame(try EncoderFile(url).encoder(heads: 2))
    try Safetensors.write(
      tensors: EncoderFileTests.huggingFace(Self.encoder, prefix: prefix), to: url)
    expectSame(try EncoderFile(url).encoder(heads: 2))
  }

  /// torch.compile of single blocks, and sharded training, leave their names in the middle.
  @Test(arguments: ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"])
  func wrappersWithinAreSeenThrough(_ wrapper: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(
      tensors: EncoderFileTests.reference(Self.encoder).map {
        ($0.0.replacing(/^blocks\.(\d+)\./) { "blocks.\($0.1).\(wrapper)." }, $0.1)
      }, to: url)
    expectSame(try EncoderFile(url).encoder(heads: 2))
  }

  /// The moving average before the trained one, whatever wraps them, and never another's.
  @Test func theEncoderOfItsPartIsTaken() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("checkpoint.safetensors")
    let other = VisionTransformer.scrambled(seed: 7, dtype: .float32)
    for (target, context) in [
      ("target_encoder.module.", "encoder.module."), ("model.target_encoder.", "model.encoder."),
      ("teacher.backbone.", "student.backbone."),
    ] {
      try Safetensors.write(
        tensors: EncoderFileTests.reference(Self.encoder, prefix: target)
          + EncoderFileTests.reference(other, prefix: context)
          + EncoderFileTests.reference(other, prefix: "optimizer.first.encoder."), to: url)
      expectSame(try EncoderFile(url).encoder(heads: 2))
      expectSame(try EncoderFile(url, part: .context).encoder(heads: 2), other)
    }
    try Safetensors.write(
      tensors: EncoderFileTests.reference(Self.encoder, prefix: "left.")
        + EncoderFileTests.reference(other, prefix: "right."), to: url)
    #expect(refusal(url).contains("it holds several encoders, under \"left.\", \"right.\""))
  }

  /// Encoders that would be read as others than they are.
  @Test func otherArchitecturesAreRefused() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    for (name, part) in [
      ("cls_token", "it has vit.cls_token"), ("reg_token", "it has vit.reg_token"),
      ("blocks.1.ls1.gamma", "\"vit.blocks.1.ls1.gamma\" for instance"),
      ("blocks.0.attn.q_norm.weight", "\"vit.blocks.0.attn.q_norm.weight\" for instance"),
    ] {
      try Safetensors.write(
        tensors: EncoderFileTests.reference(Self.encoder, prefix: "vit.")
          + [("vit." + name, .zeros([1, 1, 16]))], to: url)
      #expect(refusal(url).contains(part) && refusal(url).contains("give an I-JEPA encoder"))
    }
    try Safetensors.write(
      tensors: EncoderFileTests.huggingFace(Self.encoder, prefix: "vit.")
        + [("vit.embeddings.cls_token", .zeros([1, 1, 16]))], to: url)
    #expect(refusal(url).contains("it has vit.embeddings.cls_token"))
  }

  /// Files of other formats are called what they are, with the way to convert them.
  @Test(
    arguments: [
      ("jepa.pth.tar", archive("archive/data.pkl"), "it is a PyTorch file"),
      ("pytorch_model.bin", archive("archive/data.pkl"), "it is a PyTorch file"),
      ("model.safetensors", archive("archive/data.pkl"), "it is a PyTorch file"),
      (
        "old.pt", [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A],
        "it is a PyTorch file"
      ),
      ("weights.pkl", [0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0x7D], "it is a PyTorch file"),
      ("weights.npz", archive("w.npy"), "it is a NumPy file"),
      ("weights.npy", [0x93] + Array("NUMPY\u{1}".utf8), "it is a NumPy file"),
      ("weights.h5", [0x89] + Array("HDF\r\n".utf8), "it is an HDF5 file"),
      ("weights.gguf", Array("GGUF....".utf8), "it is a GGUF file"),
      ("weights.tar", tar(), "it is a tar archive"),
      ("model.safetensors", Array("<!DOCTYPE html><html>".utf8), "it is a web page"),
      ("model.safetensors", Array("\n <html lang=en>".utf8), "it is a web page"),
      (
        "model.safetensors", Array("version https://git-lfs.github.com/spec/v1\n".utf8),
        "is a Git LFS pointer"
      ),
    ] as [(String, [UInt8], String)])
  func otherFormatsAreNamed(_ name: String, _ bytes: [UInt8], _ part: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file(name)
    try Data(bytes).write(to: url)
    let text = refusal(url)
    #expect(text.hasPrefix(url.path + ": " + part) && !text.contains("\n"), "\(text)")
    guard part.contains("PyTorch") else { return }
    for statement in [
      "import sys, torch; from safetensors.torch import save_file",
      "torch.load(sys.argv[1], map_location=\"cpu\", weights_only=True)", "save_file({", url.path,
    ] {
      #expect(text.contains(statement), "\(text)")
    }
    let output = name.split(separator: ".")[0]
    #expect(
      text.hasSuffix(" \(output).safetensors") || name.hasSuffix(".pkl")
        || name.hasSuffix(".safetensors"))
  }

  @Test func foldersOfPyTorchFilesAreRefusedByThem() throws {
    let folder = try TemporaryFolder()
    let weights = folder.file("pytorch_model.bin")
    try Data(Self.archive("archive/data.pkl")).write(to: weights)
    try EncoderFileTests.write(Self.configuration, to: folder.file("config.json"))
    #expect(refusal(folder.url).hasPrefix(weights.path + ": it is a PyTorch file"))
  }

  /// A header of 640 bytes begins with the two bytes of a pickle.
  @Test func headersThatLookLikePicklesAreRead() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("encoder.safetensors")
    try Safetensors.write(
      tensors: EncoderFileTests.reference(Self.encoder), metadata: ["num_heads": "2"], to: url)
    var bytes = try [UInt8](Data(contentsOf: url))
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let wanted = (length / 0x1_0000 + 1) * 0x1_0000 + 0x280
    bytes.insert(contentsOf: [UInt8](repeating: 0x20, count: wanted - length), at: 8 + length)
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: wanted >> (8 * index)) }
    #expect(bytes[0] == 0x80 && bytes[1] == 0x02)
    try Data(bytes).write(to: url)
    expectSame(try EncoderFile(url).encoder())
  }

  /// The beginning of an archive whose first file has this name.
  private static func archive(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 0x03, 0x04] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0]
      + Array(name.utf8)
  }

  private static func tar() -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    block.replaceSubrange(257..<262, with: "ustar".utf8)
    return block
  }
}
