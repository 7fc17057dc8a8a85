import JEPAEval

/// What the figures say, in sentences that are made from them alone.
struct Findings {
  let source: ReportSource
  let table: FigureTable

  /// Figures that a comparison is summed up by, where there are any.
  static let keys = [
    "knn", "linear", "nll_minus_gaussian", "crps_skill", "energy_skill",
    "prediction_rejection_ratio", "nll_minus_true", "mode_total_variation", "entropy_correlation",
  ]

  var styles: StyleKey { StyleKey(source.variants.map { ($0.name, $0.headName) }) }

  /// The most important in one sentence.
  var headline: String {
    let rows = Self.keys.compactMap { table[$0] }
    guard source.variants.count > 1 else {
      return rows.isEmpty
        ? "Nothing has been measured of this run yet beyond its training log."
        : "One run; its figures beside what they are to be compared with."
    }
    let decided = rows.filter { $0.best != nil }
    if decided.isEmpty { return "No figure is known of more than one of the runs." }
    var leads: [String: Int] = [:]
    for row in decided where Self.isClear(row) {
      if let best = row.best { leads[table.variants[best], default: 0] += 1 }
    }
    let clear = leads.values.reduce(0, +)
    let figures = decided.count == 1 ? "the one measure" : "the \(decided.count) measures"
    if clear == 0 {
      return
        "By \(figures) below, none of the \(table.variants.count) stands out: every best value "
        + "is within noise of another."
    }
    let order = leads.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let parts = order.map { "\($0.key) by \($0.value)" }
    let rest = decided.count - clear
    return "Of \(figures) below, \(clear) \(clear == 1 ? "has" : "have") a clear best: "
      + NumberText.enumeration(parts) + "."
      + (rest > 0 ? " By the other \(rest) the best is within noise of another." : "")
  }

  /// Whether the best is clearly better than each of the others.
  private static func isClear(_ row: FigureTable.Row) -> Bool {
    zip(row.values, row.contrasts).allSatisfy { value, contrast in
      value == nil || contrast == nil || contrast == .clear
    } && row.contrasts.contains { $0 != nil }
  }

  var sentences: [HTML] {
    Self.keys.compactMap { table[$0] }.map(sentence) + [calibration].compactMap(\.self)
  }

  private func name(_ index: Int) -> HTML {
    .name(table.variants[index], styles[table.variants[index]])
  }

  private func names(_ places: [Int]) -> HTML {
    .group(
      places.enumerated().flatMap { order, index -> [HTML] in
        let separator = order == 0 ? "" : order == places.count - 1 ? " and " : ", "
        return [HTML(separator), name(index)]
      })
  }

  private func sentence(_ row: FigureTable.Row) -> HTML {
    let text = MeasureText(row.figure, row.values)
    var parts: [HTML] = [.strong(row.figure.title), ": "]
    guard let best = row.best, let value = row.values[best] else {
      for (index, value) in row.values.enumerated() {
        guard let value else { continue }
        if source.variants.count > 1 { parts += [name(index), " "] }
        parts.append(HTML(text.whole(value)))
      }
      parts.append(HTML(row.figure.direction.isEmpty ? ". " : "; \(row.figure.direction). "))
      return .group(parts + [beside(row)])
    }
    func places(_ kind: Contrast) -> [Int] {
      row.contrasts.indices.filter { row.contrasts[$0] == kind }
    }
    let (close, worse, unknown) = (places(.within), places(.clear), places(.unknown))
    parts += [
      name(best), HTML(worse.isEmpty ? " has the best value, " : " is best with "),
      HTML(text.whole(value)), HTML(" (\(row.figure.direction)). "),
    ]
    if !close.isEmpty { parts += ["Within noise of it: ", names(close), ". "] }
    if !worse.isEmpty { parts += ["Clearly worse: ", names(worse), ". "] }
    if !unknown.isEmpty {
      parts += ["Without an interval to tell noise from a difference: ", names(unknown), ". "]
    }
    return .group(parts + [estimates(row), beside(row)])
  }

  /// Beside exact likelihoods, those that are only estimated.
  private func estimates(_ row: FigureTable.Row) -> HTML {
    guard row.figure.key == "nll_minus_gaussian", let other = table["estimated_nll_minus_gaussian"]
    else { return .empty }
    let text = MeasureText(other.figure, other.values)
    var parts: [HTML] = ["Estimated, and so not ranked: "]
    for (index, value) in other.values.enumerated() {
      guard let value else { continue }
      if parts.count > 1 { parts.append(", ") }
      parts += [name(index), HTML(" " + text.whole(value))]
    }
    return .group(parts + [". "])
  }

  /// The floors of accuracies, in words, and whether the best value is above them.
  private func beside(_ row: FigureTable.Row) -> HTML {
    let floors = Floors(source).values(of: row.figure.key)
    guard let highest = floors.max(by: { $0.value < $1.value }) else { return .empty }
    let text = floors.map { "\($0.name) \(NumberText.percent($0.value, decimals: 1))" }
    let value = (row.best ?? row.values.firstIndex { $0 != nil }).flatMap { row.values[$0] }
    let best = value.map { ($0.low ?? $0.mean) * row.figure.scale / 100 } ?? 0
    return .group([
      HTML("To compare with: \(NumberText.enumeration(text)). "),
      best > highest.value
        ? .empty : .strong("Not clearly above \(highest.name)."),
    ])
  }

  /// Who is over- or underconfident.
  private var calibration: HTML? {
    guard let row = table["pit_dispersion"] else { return nil }
    var (right, over, under, unknown): ([Int], [Int], [Int], [Int]) = ([], [], [], [])
    for (index, value) in row.values.enumerated() {
      guard let value else { continue }
      guard let low = value.low, let high = value.high else {
        unknown.append(index)
        continue
      }
      if low > 1 {
        over.append(index)
      } else if high < 1 {
        under.append(index)
      } else {
        right.append(index)
      }
    }
    var parts: [HTML] = [.strong("Calibration"), ": "]
    if source.variants.count == 1 {
      let verdict =
        over.isEmpty
        ? under.isEmpty
          ? right.isEmpty
            ? "the interval of the PIT dispersion is not known."
            : "spreads are right on average, within noise."
          : "predicted spreads are too large (underconfident)."
        : "predicted spreads are too small (overconfident)."
      return .group(parts + [HTML(verdict)])
    }
    if !right.isEmpty {
      parts += ["spreads are right on average, within noise, of ", names(right), ". "]
    }
    if !over.isEmpty { parts += ["Too small (overconfident): ", names(over), ". "] }
    if !under.isEmpty { parts += ["Too large (underconfident): ", names(under), ". "] }
    if !unknown.isEmpty { parts += ["Without an interval: ", names(unknown), ". "] }
    return .group(parts)
  }
}

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
