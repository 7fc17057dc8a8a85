import JEPA
import JEPAData
import JEPAPoint
import JEPATestSupport
import Testing

@testable import JEPAEval

/// The true distributions of ambiguous scenes' embeddings.
@Suite struct AmbiguousScenesTruthTests {
  private static func configuration() throws -> TrainingConfiguration {
    try TrainingConfiguration(
      yaml: """
        data: {dataset: ambiguous-scenes, crop_size: 32, crop_scale: [1.0, 1.0]}
        mask: {patch_size: 4, min_keep: 2, region_probability: 1.0}
        meta: {model_name: vit_tiny, embed_dim: 24, depth: 2, num_heads: 3, pred_emb_dim: 12, pred_depth: 1}
        target: {helmert: true, noise: 0.01}
        """)
  }

  private static let scenes = AmbiguousScenes(count: 12, split: .validation, size: 32)

  private func encoder(_ configuration: TrainingConfiguration) throws -> VisionTransformer {
    var random = RandomSource(seed: 3)
    var encoder = VisionTransformer(try configuration.encoderConfiguration(), using: &random)
    // Weights of deviation 0.02 hardly let a token see the others.
    encoder.forEachParameter { name, tensor, kind in
      if kind == .trained, name.hasSuffix("weight"), tensor.rank == 2 { tensor = tensor * 10 }
    }
    return encoder
  }

  /// What is asked for, without its noise, is the completion that was drawn, row by row.
  @Test func targetsAreTheDrawnCompletion() throws {
    let configuration = try Self.configuration()
    let (encoder, scenes) = (try encoder(configuration), Self.scenes)
    let grid = encoder.configuration.grid
    let indices = [1, 4, 7, 11]
    var transform = TargetTransform()
    transform.helmert = true
    transform.noise = 0.01
    let truth = scenes.truth(of: indices, transform: transform, targetEncoder: encoder)
    let masks = scenes.regionMasks(indices, on: grid)
    #expect(truth.rows.count == masks.targetRowCount && truth.noise == 0.01)
    let images = Tensor.stacked(
      indices.map { EvaluationTransform(size: 32)(scenes.scene(at: $0).image) })
    var random = RandomSource(seed: 0)
    let model = try configuration.model {
      PointHead(
        contextDimensions: $0, targetDimensions: $1, using: &$2)
    }
    _ = random.next()
    var clean = model
    clean.targetTransform.noise = 0
    let targets = clean.targets(images, masks: masks, targetEncoder: encoder)
    let rowsPerScene = truth.rows.count / indices.count
    #expect(rowsPerScene == 9)
    for (row, known) in truth.rows.enumerated() {
      let scene = scenes.scene(at: indices[row / rowsPerScene])
      #expect(known.count == scene.completions.count)
      #expect(known.count + known.alternatives.shape[0] == AmbiguousScene.Flag.cycle.count)
      expectClose(known.probabilities, scene.probabilities, relative: 1e-12)
      expectClose(
        known.embeddings.slice(axis: 0, scene.drawn..<scene.drawn + 1).doubles(),
        targets.slice(axis: 0, row..<row + 1).doubles(), absolute: 1e-4, relative: 0)
    }
  }

  /// With noise as large as all distances there is one mode.
  @Test func modesThatNoiseHidesAreOne() throws {
    let encoder = try encoder(try Self.configuration())
    var transform = TargetTransform()
    transform.noise = 100
    let truth = Self.scenes.truth(of: [0, 1], transform: transform, targetEncoder: encoder)
    #expect(truth.rows.allSatisfy { $0.count == 1 && $0.alternatives.shape[0] == 0 })
  }

  @Test func flagsThatDoNotFillPatches() {
    #expect(Self.scenes.fillsPatches(of: PatchGrid(rows: 8, columns: 8)))
    #expect(Self.scenes.fillsPatches(of: PatchGrid(rows: 16, columns: 16)))
    #expect(!Self.scenes.fillsPatches(of: PatchGrid(rows: 4, columns: 4)))
    #expect(!Self.scenes.fillsPatches(of: PatchGrid(rows: 5, columns: 5)))
  }

  /// The epoch's diagnostics ask of regions as training does.
  @Test func diagnosticsHideRegions() throws {
    var configuration = try Self.configuration()
    let grid = try configuration.encoderConfiguration().grid
    let model = try configuration.model {
      PointHead(
        contextDimensions: $0, targetDimensions: $1, using: &$2)
    }
    func loss() throws -> Double? {
      try DensityDiagnostics(configuration, grid: grid, dataset: Self.scenes)
        .measure(model, targetEncoder: model.encoder)["validation_loss"]
    }
    let hidden = try loss()
    configuration.mask.regionProbability = 0
    let others = try loss()
    #expect(hidden != nil && hidden != others)
  }
}
