/// The most telling figures as marks with intervals, one panel a figure.
struct IntervalSection {
  let source: ReportSource
  let table: FigureTable
  let styles: StyleKey

  private static let keys = [
    "knn", "linear", "nll_minus_gaussian", "crps_skill", "energy_skill", "pit_dispersion",
    "hdr_coverage_80", "prediction_rejection_ratio", "auroc", "nll_minus_true", "mode_recall",
    "mode_precision", "mode_total_variation", "diversity", "entropy_correlation",
  ]

  var html: HTML {
    let panels = Self.keys.compactMap { table[$0] }.compactMap(panel)
    guard !panels.isEmpty, source.variants.count > 1 else { return .empty }
    return .section(
      "intervals", "At a glance",
      [
        .prose(
          "Marks are values, lines their 95 % intervals, dashed lines what to compare with. An arrow "
            + "says which way is better.", style: "lead"), .panels(panels),
      ])
  }

  private func panel(_ row: FigureTable.Row) -> HTML? {
    let figure = row.figure
    let text = MeasureText(figure, row.values)
    let rows = zip(table.variants, row.values).compactMap { name, value -> IntervalPlot.Row? in
      guard let value else { return nil }
      return IntervalPlot.Row(
        name: name, style: styles[name], value: value.mean * figure.scale,
        low: value.low.map { $0 * figure.scale }, high: value.high.map { $0 * figure.scale },
        text: text.mean(value))
    }
    guard rows.count > 1 else { return nil }
    let unit = figure.unit.isEmpty ? "" : figure.unit
    let axis = [unit, figure.direction].filter { !$0.isEmpty }.joined(separator: ", ")
    return .panel(
      HTML("\(figure.title) \(figure.arrow)"), note: figure.meaning,
      [
        IntervalPlot(
          title: figure.title, id: "interval-\(figure.key)",
          xTitle: axis.isEmpty ? figure.title : axis, rows: rows, references: references(figure)
        ).svg
      ])
  }

  private func references(_ figure: Figure) -> [PlotReference] {
    if let floor = Floors(source).values(of: figure.key).first {
      return [PlotReference(value: floor.value * 100, label: floor.name)]
    }
    if let ideal = figure.ideal {
      return [PlotReference(value: ideal * figure.scale, label: "calibrated")]
    }
    switch figure.key {
    case "nll_minus_gaussian", "crps_skill", "energy_skill":
      return [PlotReference(value: 0, label: "the Gaussian")]
    case "prediction_rejection_ratio", "spearman", "entropy_correlation":
      return [PlotReference(value: 0, label: "chance")]
    case "auroc": return [PlotReference(value: 0.5, label: "chance")]
    case "nll_minus_true": return [PlotReference(value: 0, label: "the truth")]
    default: return []
    }
  }
}
