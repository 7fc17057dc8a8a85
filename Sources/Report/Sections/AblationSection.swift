import Foundation

/// Figures against the setting that an ablation sweeps.
struct AblationSection {
  let source: ReportSource
  let table: FigureTable

  private static let keys = [
    "knn", "linear", "rankme", "nll_minus_gaussian", "estimated_nll_minus_gaussian", "crps_skill",
    "energy_skill", "pit_dispersion", "hdr_coverage_80", "prediction_rejection_ratio",
    "nll_minus_true", "mode_recall", "mode_total_variation", "images_per_second",
  ]

  /// A setting with the variants' values of it.
  struct Sweep: Equatable {
    let key: String
    /// One a variant, as written.
    let texts: [String]
    /// Their numbers, where all are.
    let numbers: [Double]?

    /// Spans of several doublings, and steps that are factors rather than summands, read on a
    /// logarithmic axis.
    var isLogarithmic: Bool {
      guard let numbers, let low = numbers.min(), let high = numbers.max() else { return false }
      return low > 0 && high / low >= 8
    }
  }

  /// The settings that every variant sets, with more than one value.
  static func sweeps(_ overrides: [[String]]) -> [Sweep] {
    let settings = overrides.map { list -> [String: String] in
      var values: [String: String] = [:]
      for text in list {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { values[parts[0]] = parts[1] }
      }
      return values
    }
    guard let first = settings.first, settings.count > 1 else { return [] }
    return first.keys.sorted().compactMap { key in
      let texts = settings.compactMap { $0[key] }
      guard texts.count == settings.count, Set(texts).count > 1 else { return nil }
      let numbers = texts.compactMap(Double.init)
      return Sweep(
        key: key, texts: texts, numbers: numbers.count == texts.count ? numbers : nil)
    }
  }

  var html: HTML {
    let sweeps = Self.sweeps(source.variants.map(\.overrides))
    guard source.kind == .ablation, !sweeps.isEmpty else { return .empty }
    let parts = sweeps.compactMap { sweep -> HTML? in
      // Where other settings change too, a curve against this one would not be of it alone.
      guard sweep.numbers != nil, sweeps.count == 1 else { return nil }
      let panels = Self.keys.compactMap { table[$0] }.compactMap { panel(sweep, $0) }
      return panels.isEmpty ? nil : .panels(panels)
    }
    let names = HTML.group(
      sweeps.enumerated().flatMap { index, sweep -> [HTML] in
        [index == 0 ? "" : ", ", .code(sweep.key)]
      })
    guard !parts.isEmpty else {
      return .section(
        "ablation", "Ablation",
        [.paragraph("Swept: ", names, ". Its values are in the tables and “At a glance”.")])
    }
    return .section(
      "ablation", "Ablation",
      [
        .paragraph(
          "Everything but ", names,
          HTML(
            " is equal. Lines through marks are 95 % intervals; a slope that fits within them is noise."
          ), style: "lead")
      ] + parts)
  }

  /// The values themselves as ticks, where none is too near another to be read.
  static func apart(_ numbers: [Double], _ isLogarithmic: Bool) -> [Double]? {
    let axis = Axis(covering: numbers, kind: isLogarithmic ? .logarithmic : .linear)
    let places = Set(numbers).map { axis.position($0, from: 0, to: 290) }.sorted()
    let gaps = zip(places.dropFirst(), places).map { $0 - $1 }
    return gaps.allSatisfy { $0 >= 26 } ? numbers : nil
  }

  private func panel(_ sweep: Sweep, _ row: FigureTable.Row) -> HTML? {
    guard let numbers = sweep.numbers else { return nil }
    let figure = row.figure
    let points = zip(numbers, row.values).compactMap { x, value -> LinePlot.Point? in
      guard let value else { return nil }
      return LinePlot.Point(
        x: x, y: value.mean * figure.scale, low: value.low.map { $0 * figure.scale },
        high: value.high.map { $0 * figure.scale })
    }.sorted { $0.x < $1.x }
    guard points.count > 1 else { return nil }
    var references: [PlotReference] = []
    if let floor = Floors(source).values(of: figure.key).first {
      references = [PlotReference(value: floor.value * 100, label: floor.name)]
    } else if let ideal = figure.ideal {
      references = [PlotReference(value: ideal * figure.scale, label: "calibrated")]
    }
    let plot = LinePlot(
      title: "\(figure.title) against \(sweep.key)", id: "ablation-\(figure.key)",
      xTitle: sweep.key, unit: figure.unit,
      series: [
        .init(name: figure.title, style: SeriesStyle(index: 1), points: points, isMarked: true)
      ], references: references, xKind: sweep.isLogarithmic ? .logarithmic : .linear,
      xTicks: Self.apart(numbers, sweep.isLogarithmic), isLabelled: false)
    let unit = figure.unit.isEmpty ? "" : ", \(figure.unit)"
    return .panel(
      HTML("\(figure.title)\(unit) \(figure.arrow)"), note: figure.meaning,
      [plot.svg, .details("As a table", [plot.table(caption: figure.title)])])
  }
}
