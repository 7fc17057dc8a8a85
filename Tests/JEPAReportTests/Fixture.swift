import Foundation
import JEPA
import JEPAEval
import JEPATensor

@testable import JEPAReport

/// A folder of runs in the layout that the commands write, removed when the value goes away.
final class Fixture {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/jepa-report-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to file: String) throws {
    try write(Data(text.utf8), to: file)
  }

  func write(_ data: Data, to file: String) throws {
    let url = URL(filePath: path + "/" + file)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  /// The parts of a run that a test asks for.
  ///
  /// - Parameters:
  ///   - shift: of the head's predictions; the larger, the worse.
  ///   - knn: right of 1,000.
  func run(
    _ name: String, head: String = "mixture", seed: Int = 0, shift: Double? = nil,
    knn: Double? = nil, settings: [String] = []
  ) throws {
    let configuration = try TrainingConfiguration(
      yaml: "",
      overrides: [
        "data.dataset=procedural", "data.batch_size=8", "data.crop_size=16", "mask.patch_size=4",
        "meta.model_name=vit_tiny", "meta.embed_dim=24", "meta.num_heads=3", "meta.depth=1",
        "meta.pred_emb_dim=12", "meta.seed=\(seed)", "head.name=\(head)",
      ] + settings)
    try write(configuration.yaml(), to: name + "/config.yaml")
    try write(
      """
      step,loss,images_per_second,knn_top1,rankme
      0,,,0.1,5
      4,2.5,80,,
      8,1.5,100,0.3,7

      """, to: name + "/metrics.csv")
    if let knn {
      let result = """
        {"k":20,"temperature":0.07,"trainCount":100,"queryCount":1000,"top1":\(knn),"top5":0.9}
        """
      let floor = result.replacing("\"top1\":\(knn)", with: "\"top1\":0.125")
      try write(
        "{\"encoder\":{\"knn\":\(result)},\"random_encoder\":{\"knn\":\(floor)},\"run\":\"\(name)\"}",
        to: name + "/evaluation.json")
    }
    if let shift {
      let scores = try Self.scores(shift: shift)
      let report = try UncertaintyReport(
        scores, settings: .init(), targetNoise: 0.1, resamples: 100,
        using: RandomSource(seed: 2))
      try write(report.json(), to: name + "/uncertainty.json")
      try scores.rows.write(to: URL(filePath: path + "/" + name + "/scores.safetensors"))
    }
  }

  /// Of 60 rows of 20 images in the plane: targets of two modes, predicted with an offset.
  private static func scores(shift: Double) throws -> UncertaintyScores {
    var random = RandomSource(seed: 1)
    let modes = Tensor([-1, 0, 1, 0], shape: [2, 2])
    let truth = TrueCompletions(embeddings: modes, probabilities: [0.6, 0.4])
    let predicted = TrueCompletions(
      embeddings: Tensor([-1 + shift, shift, 1 + shift, shift], shape: [2, 2]),
      probabilities: [0.6, 0.4])
    func density(_ row: TrueCompletions) -> CompletionDensity {
      CompletionDensity(rows: Array(repeating: row, count: 60), noise: 0.4)
    }
    let targets = density(truth).sample(1, using: &random).reshaped([60, 2])
    let scorer = UncertaintyScorer(
      dimensions: 2,
      gaussian: try GaussianReference(targets: targets))
    return try scorer.score(
      density(predicted), targets: targets, images: (0..<60).map { $0 / 3 },
      truth: density(truth),
      using: RandomSource(seed: 4))
  }

  /// `comparison.json` of these variants, which lie in folders of their names.
  func comparison(
    kind: String = "compare", _ variants: [(name: String, run: String, overrides: [String])],
    pending: [String] = []
  ) throws {
    let done = variants.enumerated().map { index, variant in
      let overrides = variant.overrides.map { "\"\($0)\"" }.joined(separator: ",")
      return "{\"name\":\"\(variant.name)\",\"overrides\":[\(overrides)],\"seed\":\(index),"
        + "\"run\":\"\(variant.run)\",\"state\":\"done\"}"
    }
    let open = pending.map {
      "{\"name\":\"\($0)\",\"overrides\":[],\"seed\":0,\"run\":\"\($0)\",\"state\":\"pending\"}"
    }
    try write(
      "{\"kind\":\"\(kind)\",\"base_config\":\"x.yaml\",\"variants\":["
        + (done + open).joined(separator: ",") + "]}", to: "comparison.json")
  }
}
