import JEPAEval

/// What accuracies have to be compared with: an encoder that has learnt nothing, and no encoder at all.
struct Floors {
  let source: ReportSource

  init(_ source: ReportSource) { self.source = source }

  struct Floor {
    let name: String
    let value: Double
  }

  /// Of the first run that has any, or of the comparison's table.
  func values(of key: String) -> [Floor] {
    guard ["knn", "linear", "linear_1", "linear_10", "attentive"].contains(key) else { return [] }
    func top1(_ report: EvaluationReport?) -> Double? {
      switch key {
      case "knn": report?.knn?.top1
      case "linear": report?.linear?.top1
      default: nil
      }
    }
    let names = [
      ("random_encoder", "random encoder", "a random encoder"),
      ("16x16_pixels", "16×16 pixels", "raw 16×16 pixels"),
    ]
    var floors = names.compactMap { file, row, name -> Floor? in
      let own = source.runs.lazy.compactMap { top1($0.evaluation[file]) }.first
      let listed = source.table?.rows.first { $0.name == row }?.values[key]?.mean
      return (own ?? listed.map { $0 / 100 }).map { Floor(name: name, value: $0) }
    }
    if key == "knn" {
      let start = source.runs.lazy.compactMap { run -> Double? in
        run.metrics.first { $0["step"] == 0 }?["knn_top1"]
      }.first
      if let start {
        floors.append(Floor(name: "before training (in the run's log)", value: start))
      }
    }
    return floors
  }
}
