import JEPA
import JEPAData
import JEPAEval
import JEPATestSupport
import Testing

@Suite struct FeatureExtractorTests {
  private static func encoder(depth: Int = 3) -> VisionTransformer {
    var random = RandomSource(seed: 3)
    return VisionTransformer(
      VisionTransformerConfiguration(
        patchSize: 4, imageHeight: 16, imageWidth: 16, embedDimensions: 24, depth: depth, heads: 3),
      using: &random)
  }

  /// Whatever the batch, an image's tokens are those it has alone.
  @Test func batchesDoNotMatter() {
    var random = RandomSource(seed: 4)
    let images = Tensor.normal([5, 3, 16, 16], using: &random)
    let together = FeatureExtractor(Self.encoder(), batchSize: 2).tokens(of: images)
    #expect(together.shape == [5, 16, 24])
    for index in 0..<5 {
      let alone = Self.encoder()(images.slice(axis: 0, index..<index + 1)).tokens
      expectClose(
        together.slice(axis: 0, index..<index + 1).reshaped([16, 24]), alone, absolute: 1e-5,
        relative: 1e-5)
    }
  }

  @Test func layersAreAveraged() {
    var random = RandomSource(seed: 5)
    let images = Tensor.normal([2, 3, 16, 16], using: &random)
    let encoder = Self.encoder()
    let outputs = encoder.layers(images, last: 3)
    let mean = (outputs[0].tokens + outputs[1].tokens + outputs[2].tokens) / 3
    let tokens = FeatureExtractor(encoder, layers: 3).tokens(of: images)
    expectClose(tokens.reshaped([32, 24]), mean, absolute: 1e-5, relative: 1e-5)
  }

  @Test func layersAreConcatenated() throws {
    var random = RandomSource(seed: 5)
    let images = Tensor.normal([2, 3, 16, 16], using: &random)
    let encoder = Self.encoder()
    let outputs = encoder.layers(images, last: 2)
    let extractor = FeatureExtractor(encoder, layers: 2, joining: .concatenation)
    let tokens = extractor.tokens(of: images)
    #expect(tokens.shape == [2, 16, 48] && extractor.dimensions == 48)
    for (layer, output) in outputs.enumerated() {
      expectClose(
        tokens.reshaped([32, 48]).slice(axis: 1, layer * 24..<(layer + 1) * 24), output.tokens,
        absolute: 1e-5, relative: 1e-5)
    }
    let none = try extractor.features(of: ProceduralScenes(count: 0, height: 16, width: 16))
    #expect(none.features.shape == [0, 48])
  }

  /// Rows come in the data set's order, the last, smaller batch included.
  @Test func rowsFollowTheDataset() throws {
    let scenes = ProceduralScenes(count: 7, height: 16, width: 16)
    let extractor = FeatureExtractor(Self.encoder(depth: 1), batchSize: 2)
    var seen: [Int] = []
    let (features, labels) = try extractor.features(of: scenes) { seen.append($0) }
    #expect(features.shape == [7, 24])
    #expect(labels == scenes.labels)
    #expect(seen.last == 7)
    let last = extractor.transform(scenes.image(at: 6)).expanded(axis: 0)
    expectClose(
      features.slice(axis: 0, 6..<7), extractor.tokens(of: last).mean(axis: 1), absolute: 1e-5,
      relative: 1e-5)
  }

  @Test func bfloat16IsClose() {
    var random = RandomSource(seed: 6)
    let images = Tensor.normal([2, 3, 16, 16], using: &random)
    let exact = FeatureExtractor(Self.encoder()).tokens(of: images)
    let fast = FeatureExtractor(Self.encoder(), precision: .bfloat16).tokens(of: images)
    #expect(fast.dtype == .float32)
    expectClose(fast, exact, absolute: 0.05, relative: 0.05)
  }

  @Test func pixelsAreNormalised() throws {
    let scenes = ProceduralScenes(count: 3, height: 16, width: 16)
    let (features, labels) = try PixelFeatures(size: 16).features(of: scenes)
    #expect(features.shape == [3, 768] && labels == scenes.labels)
    let image = EvaluationTransform(size: 16)(scenes.image(at: 1))
    expectClose(
      features.slice(axis: 0, 1..<2).reshaped([768]), image.reshaped([768]), absolute: 0,
      relative: 0)
  }
}
