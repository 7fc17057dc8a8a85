import JEPAEval
import JEPAHeads

/// What the figures say, in sentences that are made from them alone.
struct Findings {
  let source: ReportSource
  let table: FigureTable
  var heads = HeadList.standard

  /// Figures that a comparison is summed up by, where there are any.
  static let keys = [
    "knn", "linear", "nll_minus_gaussian", "crps_skill", "energy_skill",
    "prediction_rejection_ratio", "nll_minus_true", "mode_total_variation", "entropy_correlation",
  ]

  var styles: StyleKey {
    StyleKey(source.variants.map { ($0.name, $0.headName) }, heads: heads.names)
  }

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
        + "is within noise of another." + behind(decided)
    }
    let order = leads.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let parts = order.map { "\($0.key) by \($0.value)" }
    let rest = decided.count - clear
    return "Of \(figures) below, \(clear) \(clear == 1 ? "has" : "have") a clear best: "
      + NumberText.enumeration(parts) + "."
      + (rest > 0 ? " By the other \(rest) the best is within noise of another." : "")
      + behind(decided)
  }

  /// Who is clearly worse than the best by most measures.
  private func behind(_ decided: [FigureTable.Row]) -> String {
    let found = table.variants.indices.compactMap { index -> String? in
      let known = decided.filter { $0.values[index] != nil }.count
      let worse = decided.filter { $0.contrasts[index] == .clear }.count
      guard worse > 1, 2 * worse > known else { return nil }
      return "\(table.variants[index]) (\(worse) of \(known))"
    }
    guard !found.isEmpty, found.count < table.variants.count else { return "" }
    return " Clearly behind the best by most: \(NumberText.enumeration(found))."
  }

  /// Whether the best is clearly better than each of the others.
  private static func isClear(_ row: FigureTable.Row) -> Bool {
    zip(row.values, row.contrasts).allSatisfy { value, contrast in
      value == nil || contrast == nil || contrast == .clear
    } && row.contrasts.contains { $0 != nil }
  }

  var sentences: [HTML] {
    Self.keys.compactMap { table[$0] }.map(sentence)
      + [CalibrationFinding(table: table, styles: styles).sentence].compactMap(\.self)
  }

  private func name(_ index: Int) -> HTML {
    .name(table.variants[index], styles[table.variants[index]])
  }

  private func names(_ places: [Int]) -> HTML { .enumeration(places.map(name)) }

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
}
