import Foundation

/// Figures against the setting that an ablation sweeps.
struct AblationSection {
  let source: ReportSource
  let table: FigureTable

  private static let keys = [
    "knn", "linear", "rankme", "nll_minus_gaussian", "estimated_nll_minus_gaussian", "crps_skill",
    "energy_skill", "pit_dispersion", "hdr_coverage_80", "prediction_rejection_ratio",
    "nll_minus_true", "mode_recall", "mode_total_variation", "entropy_correlation",
    "images_per_second", "sample_time",
  ]

  /// A setting with the variants' values of it.
  struct Sweep: Equatable {
    let key: String
    /// The places of the variants that set it.
    let members: [Int]
    /// One a member, as written.
    let texts: [String]
    /// Their numbers, where all are.
    let numbers: [Double]?
    /// Whether members differ in nothing else that is set.
    var isAlone = true

    /// The key as a part of an element's name.
    var id: String { key.replacing(".", with: "-") }

    /// Spans of several doublings, and steps that are factors rather than summands, read on a
    /// logarithmic axis.
    var isLogarithmic: Bool {
      guard let numbers, let low = numbers.min(), let high = numbers.max() else { return false }
      return low > 0 && high / low >= 8
    }
  }

  /// The settings that variants set to more than one value, each with the variants that set it.
  static func sweeps(_ overrides: [[String]]) -> [Sweep] {
    let settings = overrides.map { list -> [String: String] in
      var values: [String: String] = [:]
      for text in list {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { values[parts[0]] = parts[1] }
      }
      return values
    }
    return Set(settings.flatMap(\.keys)).sorted().compactMap { key in
      let members = settings.indices.filter { settings[$0][key] != nil }
      let texts = members.compactMap { settings[$0][key] }
      guard Set(texts).count > 1 else { return nil }
      let numbers = texts.compactMap(Double.init)
      // Where other settings change too, a curve against this one would not be of it alone.
      let isAlone = settings.flatMap(\.keys).allSatisfy { other in
        other == key || Set(members.compactMap { settings[$0][other] }).count < 2
      }
      return Sweep(
        key: key, members: members, texts: texts,
        numbers: numbers.count == texts.count ? numbers : nil, isAlone: isAlone)
    }
  }

  var html: HTML {
    let sweeps = Self.sweeps(source.variants.map(\.overrides))
    guard source.kind == .ablation, !sweeps.isEmpty else { return .empty }
    let drawn = sweeps.compactMap { sweep -> (sweep: Sweep, panels: [HTML])? in
      guard sweep.numbers != nil, sweep.isAlone else { return nil }
      let panels = Self.keys.compactMap { table[$0] }.compactMap { panel(sweep, $0) }
      return panels.isEmpty ? nil : (sweep, panels)
    }
    let names = HTML.group(
      sweeps.enumerated().flatMap { index, sweep -> [HTML] in
        [index == 0 ? "" : ", ", .code(sweep.key)]
      })
    guard !drawn.isEmpty else {
      return .section(
        "ablation", "Ablation",
        [.paragraph("Swept: ", names, ". Its values are in the tables and “At a glance”.")])
    }
    let parts = drawn.flatMap { sweep, panels in
      (sweeps.count > 1 ? [HTML.element("h3", [:], [.code(sweep.key)])] : []) + [.panels(panels)]
    }
    return .section(
      "ablation", "Ablation",
      [
        .paragraph(
          sweeps.count > 1 ? "Everything but one of " : "Everything but ", names,
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
    let points = zip(numbers, sweep.members).compactMap { x, member -> LinePlot.Point? in
      guard let value = row.values[member] else { return nil }
      return LinePlot.Point(
        x: x, y: value.mean * figure.scale, low: value.low.map { $0 * figure.scale },
        high: value.high.map { $0 * figure.scale })
    }.sorted { $0.x < $1.x }
    // What the setting has no part in, such as features where it is one of reading.
    guard points.count > 1, Set(points.map(\.y)).count > 1 else { return nil }
    var references: [PlotReference] = []
    if let floor = Floors(source).values(of: figure.key).first {
      references = [PlotReference(value: floor.value * 100, label: floor.name)]
    } else if let ideal = figure.ideal {
      references = [PlotReference(value: ideal * figure.scale, label: "calibrated")]
    }
    let plot = LinePlot(
      title: "\(figure.title) against \(sweep.key)", id: "ablation-\(sweep.id)-\(figure.key)",
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
