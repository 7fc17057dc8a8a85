import Foundation
import JEPATensor
import JEPAViT
import Testing

/// Encoders whose files were made to harm their reader.
@Suite struct HostileEncoderTests {
  private func refusal(
    _ shapes: [String: [Int]], metadata: [String: String] = [:]
  ) throws -> String {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("e.safetensors")
    try Safetensors.write(
      tensors: shapes.sorted { $0.key < $1.key }.map { ($0.key, Tensor.zeros($0.value)) },
      metadata: metadata, to: url)
    do {
      _ = try EncoderFile(url).encoder(heads: 1)
      return ""
    } catch { return "\(error)" }
  }

  /// A width that a small file can claim, and whose attention would take 120 GB.
  @Test func widthsBeyondTheFileAreRefused() throws {
    let text = try refusal([
      "patch_embed.proj.weight": [100_000, 3, 1, 1], "blocks.0.mlp.fc1.weight": [1, 1],
      "pos_embed": [1, 1, 100_000],
    ])
    #expect(
      text.contains("its 1 blocks of width 100000 need more numbers than the file's 1600004 bytes"))
  }

  @Test func otherNumbersOfChannelsAreRefused() throws {
    let text = try refusal(["patch_embed.proj.weight": [4, 5, 2, 2]])
    #expect(text.contains("has shape [4, 5, 2, 2], not [D, 3, p, p]"))
  }

  @Test(arguments: ["nan", "-1", "inf", "0"]) func epsilonsAreNumbersAboveZero(_ text: String)
    throws
  {
    let refusal = try refusal(
      [
        "patch_embed.proj.weight": [4, 3, 1, 1], "blocks.0.mlp.fc1.weight": [16, 4],
        "pos_embed": [1, 1, 4],
      ], metadata: ["layer_norm_eps": text])
    #expect(refusal.contains("layer_norm_eps"))
  }
}
