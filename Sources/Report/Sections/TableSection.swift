/// The comparison tables: a row a figure, a column a variant.
struct TableSection {
  let source: ReportSource
  let table: FigureTable
  let styles: StyleKey

  var html: HTML {
    let topics = Figure.Topic.allCases.filter { $0 != .own }
    guard table.rows.contains(where: { $0.figure.topic != .own }) else {
      return .section(
        "figures", "Results",
        [.paragraph("None are on file. See “Not on this page” for how to have them.")])
    }
    var parts: [HTML] = [
      .paragraph(
        HTML(
          source.variants.count > 1
            ? "The best value of a row is marked, and so are those within noise of it. Intervals in "
              + "brackets hold 95 %. ↑ higher is better, ↓ lower is better, → best at the value named."
            : "Intervals in brackets hold 95 %. ↑ higher is better, ↓ lower is better, → best at the "
              + "value named."), style: "lead"),
      tableHTML(topics, caption: "What compares between runs"),
    ]
    let own = table.rows(.own)
    if !own.isEmpty {
      let title =
        Caveats(source: source).targetsAreShared
        ? "More: in units of the targets, which are the same for all runs of a seed"
        : "More: in units of each run's own targets, which do not compare between runs"
      parts.append(.details(title, [tableHTML([.own], caption: "In units of targets")]))
    }
    return .section("figures", "Results", parts)
  }

  private func tableHTML(_ topics: [Figure.Topic], caption: String) -> HTML {
    let shown = topics.map { ($0, table.rows($0)) }.filter { !$0.1.isEmpty }
    let rows = shown.flatMap { topic, rows -> [DataTable.Row] in
      [DataTable.Row(isGroup: true, header: HTML(topic.rawValue))] + rows.map(row)
    }
    let columns =
      [DataTable.Column(title: "What is measured")]
      + table.variants.map { .init(title: .name($0, styles[$0])) }
      + [DataTable.Column(title: "To compare with", isNumber: false)]
    return DataTable(
      caption: HTML(caption), columns: columns, rows: rows, style: "figures"
    ).html
  }

  private func row(_ row: FigureTable.Row) -> DataTable.Row {
    let figure = row.figure
    let text = MeasureText(figure, row.values)
    let unit = figure.unit.isEmpty ? "" : ", \(figure.unit)"
    let header = HTML.group([
      .element("span", ["class": "figure-name"], [HTML(figure.title + unit)]),
      figure.direction.isEmpty
        ? .empty
        : .element(
          "span", ["class": "arrow", "aria-label": figure.direction, "role": "img"],
          [HTML(figure.arrow)]),
      figure.meaning.isEmpty ? .empty : .small(figure.meaning),
    ])
    let cells = row.values.indices.map { cell(row, $0, text) }
    return DataTable.Row(
      header: header, cells: cells + [DataTable.Cell(HTML(beside(figure)), style: "beside")])
  }

  private func cell(
    _ row: FigureTable.Row, _ index: Int, _ text: MeasureText
  ) -> DataTable.Cell {
    guard let value = row.values[index] else {
      return DataTable.Cell(.element("span", ["class": "none"], ["–"]))
    }
    var parts = [HTML.element("span", ["class": "value"], [HTML(text.mean(value))])]
    if let spread = text.spread(value) {
      parts.append(.element("span", ["class": "spread"], [HTML(spread)]))
    }
    var style: String?
    if row.best == index, row.contrasts.contains(where: { $0 != nil }) {
      style = "best"
      // Costs have no interval; of other figures its absence has to be said.
      let isKnown = row.figure.topic == .cost || !row.contrasts.contains(.unknown)
      parts.append(
        .element("span", ["class": "badge"], [isKnown ? "best" : "best, no interval"]))
    } else if row.contrasts[index] == .within {
      style = "close"
      parts.append(.element("span", ["class": "badge"], ["within noise"]))
    } else if let ideal = row.figure.ideal, let low = value.low, let high = value.high,
      low <= ideal, ideal <= high
    {
      style = "close"
      parts.append(
        .element(
          "span", ["class": "badge"],
          [HTML(row.figure.topic == .calibration ? "calibrated" : "right")]))
    }
    return DataTable.Cell(.group(parts), style: style)
  }

  /// Floors and what a figure would be ideally.
  private func beside(_ figure: Figure) -> String {
    let floors = Floors(source).values(of: figure.key)
    if !floors.isEmpty {
      return floors.map { "\($0.name) \(NumberText.percent($0.value, decimals: 1))" }
        .joined(separator: "; ")
    }
    if figure.ideal != nil {
      return (figure.topic == .calibration ? "calibrated: " : "right: ") + figure.idealText
    }
    switch figure.key {
    case "nll_minus_gaussian", "estimated_nll_minus_gaussian": return "the Gaussian: 0"
    case "crps_skill", "energy_skill": return "the Gaussian: 0; perfect: 1"
    case "prediction_rejection_ratio": return "chance: 0; knowing the errors: 1"
    case "spearman", "entropy_correlation": return "chance: 0; perfect: 1"
    case "auroc": return "chance: 0.5; perfect: 1"
    case "mode_recall", "mode_precision", "mode_total_variation":
      let key = "true_" + figure.key
      let ideal = source.runs.compactMap { Figure.metric(key)($0)?.mean }
      guard !ideal.isEmpty else { return "" }
      let mean = ideal.reduce(0, +) / Double(ideal.count)
      return "a perfect head with as many draws: \(NumberText.fixed(mean, decimals: 2))"
    case "nll_minus_true": return "the truth: 0"
    case "rankme":
      let width = source.runs.lazy.compactMap {
        try? $0.configuration?.encoderConfiguration().embedDimensions
      }.first
      return width.map { "at most \($0), the features' width" } ?? ""
    default: return ""
    }
  }
}
