import JEPAEval

/// Whether uncertainty is high where errors are: risk-coverage curves.
struct RankingSection {
  let source: ReportSource
  let styles: StyleKey

  private static let signs: [(UncertaintyMetric, String)] = [
    (.spread, "By the predicted spread"),
    (.entropy, "By the predicted entropy"),
    (.estimatedEntropy, "By the estimated entropy"),
    (.energySpread, "By the distance between draws"),
  ]

  var html: HTML {
    let panels = Self.signs.compactMap(panel)
    guard !panels.isEmpty else { return .empty }
    return .section(
      "ranking", "Does uncertainty know of errors?",
      [
        .prose(
          "Targets are given up from the most uncertain on; the curve is the mean error of those kept, "
            + "as a share of the mean error of all. The faster it falls, the better the head knows "
            + "where it is wrong; at the dashed line it knows nothing, above it misleads.",
          style: "lead"),
        .panels(panels),
      ])
  }

  private func panel(_ sign: UncertaintyMetric, _ title: String) -> HTML? {
    let series = source.variants.compactMap { variant -> LinePlot.Series? in
      guard
        let ranking = variant.runs.lazy.compactMap({ $0.uncertainty?.errorRanking[sign] }).first,
        ranking.randomAURC > 0
      else { return nil }
      let points = zip(ranking.coverage, ranking.risk).map {
        LinePlot.Point(x: 1 - $0, y: $1 / ranking.randomAURC)
      }.reversed()
      return LinePlot.Series(name: variant.name, style: styles[variant.name], points: Array(points))
    }
    guard !series.isEmpty else { return nil }
    let plot = LinePlot(
      title: "Risk and coverage, \(title)", id: "risk-\(sign.rawValue)",
      xTitle: "share of targets given up", series: series,
      references: [PlotReference(value: 1, label: "no knowledge")], xRange: 0...1)
    return .panel(
      HTML(title), note: "mean squared error of those kept, as a share of all ↓",
      [plot.svg, .details("As a table", [plot.table(caption: title)])])
  }
}
