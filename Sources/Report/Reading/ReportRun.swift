import Foundation
import JEPA
import JEPAEval
import JEPATensor

/// What a run folder holds of a run. Any part may be absent; ``missing`` says which are.
public struct ReportRun: Sendable {
  public let path: String
  /// What it is called on the page: of a comparison its variant, otherwise the folder's name.
  public var name: String
  public var seed: Int?
  public private(set) var configuration: TrainingConfiguration?
  /// The rows of `metrics.csv`, without their empty cells.
  public private(set) var metrics: [[String: Double]] = []
  /// `evaluation.json`: by name, `encoder` and floors such as `random_encoder`.
  public private(set) var evaluation: [String: EvaluationReport] = [:]
  public private(set) var uncertainty: UncertaintyReport?
  public private(set) var scores: RowScores?
  public private(set) var cost: CostRecord?
  /// The newest step that has a checkpoint.
  public private(set) var checkpointStep: Int?
  public internal(set) var missing: [MissingPart] = []

  /// Reads what there is.
  public init(path: String, name: String? = nil, seed: Int? = nil) {
    self.path = path
    var files = ReportFiles(path)
    configuration = files.read("config.yaml", way: "a run folder of jepa train has one") {
      try TrainingConfiguration(contentsOf: $0)
    }
    metrics =
      files.read("metrics.csv", way: "jepa train writes it") { try MetricsCSV.rows(of: $0) } ?? []
    let run = URL(filePath: path).lastPathComponent
    // Commands that work where the report was asked for.
    let word = path.shellWord
    func file(_ name: String) -> String { "\(path)/\(name)".shellWord }
    evaluation =
      files.json(
        [String: Readable<EvaluationReport>].self, "evaluation.json",
        way: "jepa eval \(word) --floors --json \(file("evaluation.json"))")?
      .compactMapValues(\.value) ?? [:]
    uncertainty = files.json(
      UncertaintyReport.self, "uncertainty.json",
      way: "jepa eval \(word) --uncertainty --json \(file("uncertainty.json"))")
    scores = files.read(
      "scores.safetensors",
      way: "jepa eval \(word) --uncertainty --scores \(file("scores.safetensors"))"
    ) {
      try RowScores(contentsOf: URL(filePath: $0))
    }
    cost = files.json(JSONValue.self, "cost.json", way: "jepa compare writes it").map {
      CostRecord($0)
    }
    self.name = name ?? run
    self.seed = seed ?? configuration.map { Int(clamping: $0.meta.seed) }
    missing = files.missing
    checkpointStep =
      (try? RunFolder.open(at: path, readOnly: true))?
      .checkpointSteps().last
    if checkpointStep == nil, configuration != nil {
      missing.append(
        MissingPart("checkpoints", "none; continue the run with jepa train --resume --run \(word)"))
    }
  }

  /// Of the configuration.
  public var headName: String? { configuration?.head.name }

  /// Steps that are logged.
  public var steps: Int {
    metrics.compactMap { $0["step"] }.max().map { min(max(0, Int(bounded: $0)), 1 << 40) } ?? 0
  }

  /// Images that training has shown, with repetitions.
  public var imagesSeen: Double? {
    if let seen = cost?.imagesSeen { return seen }
    guard let batch = configuration?.data.batchSize, !metrics.isEmpty else { return nil }
    return Double(steps) * Double(batch)
  }

  /// A column of `metrics.csv` against images seen.
  func curve(_ column: String) -> [LinePlot.Point] {
    let batch = Double(configuration?.data.batchSize ?? 1)
    return metrics.compactMap { row in
      guard let step = row["step"], let value = row[column], value.isFinite else { return nil }
      return LinePlot.Point(x: step * batch, y: value)
    }
  }
}

/// A value where there is one of this kind.
private struct Readable<Value: Decodable>: Decodable {
  let value: Value?

  init(from decoder: any Decoder) throws { value = try? Value(from: decoder) }
}
