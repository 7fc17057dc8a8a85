import Foundation
import JEPATensor
import JEPAViT
import Testing

@Suite struct VisionTransformerConfigurationTests {
  /// Name, width, depth, heads, hidden width, and the reference's numbers of trained values with
  /// patches of 16 and of 14 pixels.
  struct Preset: Sendable {
    let name: String
    let width: Int
    let depth: Int
    let heads: Int
    let hidden: Int
    let parameters16: Int
    let parameters14: Int
  }

  static let presets = [
    Preset(
      name: "vit_tiny", width: 192, depth: 12, heads: 3, hidden: 768, parameters16: 5_486_400,
      parameters14: 5_451_840),
    Preset(
      name: "vit_small", width: 384, depth: 12, heads: 6, hidden: 1536, parameters16: 21_589_632,
      parameters14: 21_520_512),
    Preset(
      name: "vit_base", width: 768, depth: 12, heads: 12, hidden: 3072, parameters16: 85_646_592,
      parameters14: 85_508_352),
    Preset(
      name: "vit_large", width: 1024, depth: 24, heads: 16, hidden: 4096,
      parameters16: 303_098_880, parameters14: 302_914_560),
    Preset(
      name: "vit_huge", width: 1280, depth: 32, heads: 16, hidden: 5120,
      parameters16: 630_664_960, parameters14: 630_434_560),
    Preset(
      name: "vit_giant", width: 1408, depth: 40, heads: 16, hidden: 6144,
      parameters16: 1_011_092_608, parameters14: 1_010_839_168),
  ]

  @Test(arguments: presets)
  func presetHasTheReferencesSizes(_ preset: Preset) throws {
    for (patch, parameters) in [(16, preset.parameters16), (14, preset.parameters14)] {
      let sizes = try #require(
        VisionTransformerConfiguration.preset(
          preset.name, patchSize: patch, imageHeight: 224, imageWidth: 224))
      #expect(sizes.embedDimensions == preset.width)
      #expect(sizes.depth == preset.depth)
      #expect(sizes.heads == preset.heads)
      #expect(sizes.mlpDimensions == preset.hidden)
      #expect(sizes.qkvBias)
      #expect(sizes.layerNormEpsilon == 1e-6)
      #expect(sizes.dropPathRate == 0)
      #expect(sizes.grid == PatchGrid(rows: 224 / patch, columns: 224 / patch))
      #expect(Self.parameterCount(sizes) == parameters)
    }
  }

  @Test func namesListEveryPreset() {
    #expect(VisionTransformerConfiguration.presetNames == Self.presets.map(\.name))
    #expect(
      VisionTransformerConfiguration.preset(
        "vit_enormous", patchSize: 16, imageHeight: 224, imageWidth: 224) == nil)
  }

  /// The counting rule of this file holds for real encoders.
  @Test func parameterCountCountsTrainedValues() {
    var random = RandomSource(seed: 0)
    var withoutBias = VisionTransformerConfiguration.small()
    withoutBias.qkvBias = false
    for sizes in [.small(), .small(height: 8, width: 12, depth: 3), withoutBias] {
      let encoder = VisionTransformer(sizes, using: &random)
      #expect(encoder.parameterCount == Self.parameterCount(sizes))
    }
  }

  /// A hidden width survives being written as a ratio: 28 · (61 / 28) is just below 61.
  @Test func hiddenWidthSurvivesTheRatio() {
    var sizes = VisionTransformerConfiguration.small()
    for width in stride(from: 4, through: 256, by: 4) {
      sizes.embedDimensions = width
      for hidden in 1...1024 {
        sizes.mlpRatio = Double(hidden) / Double(width)
        if sizes.mlpDimensions != hidden {
          Issue.record("width \(width), hidden \(hidden): \(sizes.mlpDimensions)")
        }
      }
    }
  }

  @Test func survivesJSON() throws {
    var sizes = VisionTransformerConfiguration.small(height: 24, width: 32)
    sizes.mlpRatio = 48.0 / 11.0
    sizes.dropPathRate = 0.1
    let copy = try JSONDecoder().decode(
      VisionTransformerConfiguration.self, from: JSONEncoder().encode(sizes))
    #expect(copy == sizes)
  }

  /// Trained values of an encoder of these sizes.
  static func parameterCount(_ sizes: VisionTransformerConfiguration) -> Int {
    let (width, hidden) = (sizes.embedDimensions, sizes.mlpDimensions)
    let patch = width * sizes.channels * sizes.patchSize * sizes.patchSize + width
    let attention = 3 * width * width + (sizes.qkvBias ? 3 * width : 0) + width * width + width
    let mlp = width * hidden + hidden + hidden * width + width
    return patch + sizes.depth * (attention + mlp + 4 * width) + 2 * width
  }
}
