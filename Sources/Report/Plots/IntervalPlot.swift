/// One figure of several heads: a mark with its interval in a row each, the value beside it.
struct IntervalPlot {
  struct Row {
    let name: String
    let style: SeriesStyle
    let value: Double
    var low: Double?
    var high: Double?
    /// The value in words.
    let text: String
  }

  var title: String
  var id: String
  /// What is measured, with its unit and the good direction.
  var xTitle: String
  var rows: [Row]
  var references: [PlotReference] = []

  private static let rowHeight = 24.0

  var svg: HTML {
    let room = rows.map { Plot.nameWidth($0.name) }.max() ?? 0
    let values = rows.map { Plot.textWidth($0.text) }.max() ?? 0
    let top = references.isEmpty ? 6.0 : 20.0
    let plot = Plot(
      height: top + Self.rowHeight * Double(rows.count) + 38, left: room + 14,
      right: values + 14, top: top, bottom: 36,
      x: Axis(
        covering: rows.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] },
        includes: references.map(\.value), count: 3),
      y: Axis(0...1), xTitle: xTitle, showsY: false, title: title, description: description,
      id: id)
    var marks = references.enumerated().flatMap { _, reference -> [HTML] in
      let x = plot.px(reference.value)
      let width = Plot.textWidth(reference.label, size: 10)
      let at = min(max(x, plot.left + width / 2), Plot.width - width / 2 - 2)
      return [
        Plot.line(x, top - 4, x, plot.height - plot.bottom, style: "reference"),
        Plot.text(reference.label, at, top - 8, anchor: "middle", style: "reference-label"),
      ]
    }
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * Self.rowHeight
      var parts = Plot.name(row.name, endingAt: plot.left - 8, y)
      if let low = row.low, let high = row.high {
        parts.append(Plot.line(plot.px(low), y, plot.px(high), y, style: "whisker"))
      }
      parts.append(
        Plot.path(row.style.mark(x: plot.px(row.value), y: y, radius: 4.4), style: "dot"))
      marks.append(Plot.colored(row.style, parts))
      marks.append(
        Plot.text(row.text, Plot.width - 2, y + 4, anchor: "end", style: "reading"))
    }
    return plot.svg(marks)
  }

  var description: String {
    let lines = rows.map { row -> String in
      var text = "\(row.name) \(row.text)"
      if let low = row.low, let high = row.high {
        text += ", between \(NumberText.significant(low)) and \(NumberText.significant(high))"
      }
      return text
    }
    let others = references.map { "\($0.label) at \(NumberText.significant($0.value))" }
    return xTitle + ": " + (lines + others).joined(separator: "; ") + "."
  }
}
