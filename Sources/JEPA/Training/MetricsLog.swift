/// `metrics.csv` and the TensorBoard events, written together.
struct MetricsLog {
  let csv: MetricsCSV
  let events: TensorBoardWriter

  init(folder: RunFolder, columns: [String], resumedStep: Int?) throws {
    csv = try MetricsCSV(path: folder.metrics, columns: columns, resumedStep: resumedStep)
    events = try TensorBoardWriter(folder: folder.events, resumedStep: resumedStep)
  }

  /// What the metrics hold of an evaluation after that step; empty where there was none.
  func evaluation(step: Int, columns: [String]) throws -> [String: Double] {
    let rows = try MetricsCSV.rows(of: csv.path).filter { $0["step"] == Double(step) }
    return rows.last { row in columns.contains { row[$0] != nil } } ?? [:]
  }

  func write(_ progress: TrainingProgress) throws {
    let values = [
      "epoch": Double(progress.epoch), "loss": progress.report.loss,
      "regularization": progress.report.regularization,
      "learning_rate": progress.settings.learningRate,
      "weight_decay": progress.settings.weightDecay, "momentum": progress.settings.momentum,
      "gradient_norm": progress.report.gradientNorm,
      "context_tokens": Double(progress.report.contextTokens),
      "target_tokens": Double(progress.report.targetTokens),
      "images_per_second": progress.imagesPerSecond,
    ]
    try write(step: progress.step, values, prefix: "train/")
  }

  func write(step: Int, _ values: [String: Double], prefix: String = "evaluation/") throws {
    if values.isEmpty { return }
    try csv.append(step: step, values)
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      try events.scalar(prefix + name, value, step: step)
    }
  }
}
