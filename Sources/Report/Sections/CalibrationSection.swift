import JEPAEval

/// Whether stated probabilities come true: PIT histograms and coverage.
struct CalibrationSection {
  let source: ReportSource
  let styles: StyleKey

  private var reports: [(name: String, report: UncertaintyReport)] {
    source.variants.compactMap { variant in
      variant.runs.lazy.compactMap(\.uncertainty).first.map { (variant.name, $0) }
    }
  }

  var html: HTML {
    let reports = reports
    guard !reports.isEmpty else { return .empty }
    let highest = reports.flatMap(\.report.pit.histogram).max() ?? 0.05
    return .section(
      "calibration", "Calibration",
      [
        .prose(
          "A calibrated head's probabilities come true: of its 80 % intervals, 80 % hold the target. "
            + "Calibration says nothing of how much a head knows; read the scores beside it.",
          style: "lead"),
        .part(
          "Where targets fall within the predictions (PIT)",
          [
            .prose(
              "Each target coordinate's rank among the head's draws, from 0 (below all) to 1. "
                + "Flat at the dashed line is calibrated. A hump: predicted spreads are too large. "
                + "High ends: too small. A slope: predictions are off to one side."),
            .panels(reports.map { pit($0.name, $0.report, highest) }),
          ]),
        .part(
          "Coverage: stated against observed",
          [
            .prose(
              "On the diagonal, regions hold as many targets as they say; below it the head is "
                + "overconfident, above it underconfident. Round: central intervals of each "
                + "coordinate. Square: the densest regions of the whole vector, which notice wrong "
                + "shapes, and need an exact density. Lines through marks are 95 % intervals."),
            .panels(reports.map { coverage($0.name, $0.report) }),
          ]),
      ])
  }

  private func pit(_ name: String, _ report: UncertaintyReport, _ highest: Double) -> HTML {
    let shares = report.pit.histogram
    let dispersion = report.metrics[.pitDispersion]?.mean.value
    let lowest = shares.prefix(2).reduce(0, +)
    let middle = shares.dropFirst(9).prefix(2).reduce(0, +)
    let description =
      "Shares of 20 bins, 0.05 each if calibrated. The two lowest hold "
      + "\(NumberText.fixed(lowest, decimals: 3)), the two in the middle "
      + "\(NumberText.fixed(middle, decimals: 3)), the two highest "
      + "\(NumberText.fixed(shares.suffix(2).reduce(0, +), decimals: 3))."
    let note =
      "distance from flat \(NumberText.fixed(report.pit.kolmogorovDistance, decimals: 3))"
      + (dispersion.map { ", dispersion \(NumberText.fixed($0, decimals: 2))" } ?? "")
    return .panel(
      .name(name, styles[name]), note: note,
      [
        HistogramPlot(
          title: "PIT histogram of \(name)", id: "pit-\(styles[name].index)",
          xTitle: "rank of the target among draws", style: styles[name], range: 0...1,
          shares: shares, uniform: 1 / Double(max(1, shares.count)), yRange: 0...highest * 1.08,
          description: description
        ).svg
      ])
  }

  private func coverage(_ name: String, _ report: UncertaintyReport) -> HTML {
    func points(_ keys: [UncertaintyMetric]) -> [LinePlot.Point] {
      zip(UncertaintyMetric.levels, keys).compactMap { level, key in
        guard let mean = report.metrics[key]?.mean, let value = mean.value else { return nil }
        return LinePlot.Point(x: level, y: value, low: mean.low, high: mean.high)
      }
    }
    let round = SeriesStyle(index: 0)
    let square = SeriesStyle(index: 1)
    let color = styles[name]
    // The colour is the head's; the mark tells the two kinds apart.
    func series(_ title: String, _ mark: SeriesStyle, _ points: [LinePlot.Point])
      -> LinePlot.Series
    {
      LinePlot.Series(
        name: title, style: color, points: points, isMarked: true, isJoined: false, mark: mark)
    }
    let central = points([.coverage50, .coverage80, .coverage95])
    let densest = points([.hdrCoverage50, .hdrCoverage80, .hdrCoverage95])
    let estimated = points([
      .estimatedHDRCoverage50, .estimatedHDRCoverage80, .estimatedHDRCoverage95,
    ])
    var all = [
      LinePlot.Series(
        name: "central, from the PIT histogram", style: color,
        points: Self.centralCoverage(report.pit.histogram)),
      series("central intervals", round, central),
    ]
    if !densest.isEmpty { all.append(series("densest regions", square, densest)) }
    if !estimated.isEmpty { all.append(series("densest regions, estimated", square, estimated)) }
    let plot = LinePlot(
      title: "Coverage of \(name)", id: "coverage-\(color.index)", xTitle: "stated probability",
      series: all, xRange: 0...1, yRange: 0...1, hasDiagonal: true, isLabelled: false,
      height: 290)
    return .panel(
      .name(name, color), note: "observed share",
      [plot.svg, .details("As a table", [table(name, all.dropFirst().map { $0 })])])
  }

  private func table(_ name: String, _ series: [LinePlot.Series]) -> HTML {
    let rows = UncertaintyMetric.levels.map { level in
      DataTable.Row(
        header: HTML(NumberText.percent(level)),
        cells: series.map { line in
          guard let point = line.points.first(where: { $0.x == level }) else {
            return DataTable.Cell("–")
          }
          let bounds = [point.low, point.high].compactMap(\.self)
            .map { NumberText.fixed(100 * $0, decimals: 1) }
          let interval = bounds.count == 2 ? " [\(bounds[0]), \(bounds[1])]" : ""
          return DataTable.Cell(HTML(NumberText.percent(point.y, decimals: 1) + interval))
        })
    }
    return DataTable(
      caption: HTML("Observed coverage of \(name)"),
      columns: [.init(title: "stated")] + series.map { .init(title: HTML($0.name)) }, rows: rows
    ).html
  }

  /// Coverage of central intervals at every level that an even number of bins about the middle makes.
  static func centralCoverage(_ histogram: [Double]) -> [LinePlot.Point] {
    let half = histogram.count / 2
    guard half > 0, histogram.count % 2 == 0 else { return [] }
    var sum = 0.0
    return [LinePlot.Point(x: 0, y: 0)]
      + (1...half).map { width in
        sum += histogram[half - width] + histogram[half + width - 1]
        return LinePlot.Point(x: Double(width) / Double(half), y: sum)
      }
  }
}
