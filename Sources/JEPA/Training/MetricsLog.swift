/// `metrics.csv` and the TensorBoard events, written together.
final class MetricsLog {
  private(set) var csv: MetricsCSV
  let events: TensorBoardWriter

  init(folder: RunFolder, columns: [String], resumedStep: Int?) throws {
    csv = try MetricsCSV(path: folder.metrics, columns: columns, resumedStep: resumedStep)
    events = try TensorBoardWriter(folder: folder.events, resumedStep: resumedStep)
  }

  /// What the metrics hold of an evaluation after that step; empty where there was none.
  func evaluation(step: Int, columns: [String]) throws -> [String: Double] {
    try csv.rows(step: step).last { row in columns.contains { row[$0] != nil } } ?? [:]
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

  func write(step: Int, _ values: [String: Double], prefix: String = MetricsLog.evaluation) throws {
    if values.isEmpty { return }
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      try events.scalar(prefix + name, value, step: step)
    }
    // The row last, since a resumed run does not measure again what the rows have.
    if prefix == Self.evaluation { try events.sync() }
    let unknown = values.keys.filter { !csv.columns.contains($0) }.sorted()
    if !unknown.isEmpty { csv = try csv.adding(unknown) }
    try csv.append(step: step, values)
  }

  /// Brings everything to the disk.
  func sync() throws {
    try csv.sync()
    try events.sync()
  }

  private static let evaluation = "evaluation/"
  private static let rowsKey = "metrics_rows"

  /// What a checkpoint notes of the rows, so that a resumed run can tell whether they are all there.
  func note(step: Int) -> [String: String] {
    let (before, at) = csv.rowCounts(step: step)
    return [Self.rowsKey: "\(before)+\(at)"]
  }

  /// One line where rows are missing that there were when the checkpoint was written.
  func missing(_ metadata: [String: String], step: Int) -> String? {
    let noted = (metadata[Self.rowsKey] ?? "").split(separator: "+").compactMap { Int($0) }
    guard noted.count == 2, noted.allSatisfy({ (0...1 << 40).contains($0) }) else { return nil }
    let (before, at) = csv.rowCounts(step: step)
    // An evaluation after the checkpoint may have added a row to its step.
    let missing = max(0, noted[0] - before) + max(0, noted[1] - at)
    if missing == 0 { return nil }
    return "\(csv.path): \(missing) \(missing == 1 ? "row" : "rows") at or before step \(step) "
      + "\(missing == 1 ? "is" : "are") missing; the curves have a gap there"
  }
}
