/// Lines, each with its name at its end, bands or whiskers for intervals, and lines to compare with.
struct LinePlot {
  struct Point: Sendable, Equatable {
    let x: Double
    let y: Double
    var low: Double?
    var high: Double?
  }

  struct Series {
    let name: String
    let style: SeriesStyle
    let points: [Point]
    /// Whether points have marks.
    var isMarked = false
    /// Whether the line is drawn.
    var isJoined = true
    /// Whose mark points have; the style's own unless given.
    var mark: SeriesStyle?
  }

  var title: String
  var id: String
  var xTitle: String
  /// Of y in descriptions and tables, such as "nats".
  var unit = ""
  var series: [Series]
  var references: [PlotReference] = []
  var xKind = Axis.Kind.linear
  var yKind = Axis.Kind.linear
  /// Exactly these ranges, where given.
  var xRange: ClosedRange<Double>?
  var yRange: ClosedRange<Double>?
  /// Ticks of x at these values alone, where given.
  var xTicks: [Double]?
  /// Whether y = x is drawn.
  var hasDiagonal = false
  /// Whether names stand at the lines' ends.
  var isLabelled = true
  var height = 210.0

  var svg: HTML {
    let drawn = series.filter { !$0.points.isEmpty }
    let all = drawn.flatMap(\.points)
    let names = isLabelled ? drawn.map(\.name) : []
    let room = names.map { Plot.labelWidth(Plot.short($0)) }.max().map { $0 + 12 } ?? 12
    var plot = Plot(
      height: height, right: room,
      x: xRange.map { Axis($0, kind: xKind, count: 4) }
        ?? Axis(covering: all.map(\.x), kind: xKind, count: 4),
      y: yRange.map { Axis($0, kind: yKind) }
        ?? Axis(
          covering: all.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] },
          includes: references.map(\.value), kind: yKind),
      xTitle: xTitle, title: title, description: description, id: id)
    if let xTicks { plot.x = plot.x.marking(xTicks) }
    var marks = references.flatMap { Self.reference($0, plot) }
    if hasDiagonal {
      let low = max(plot.x.low, plot.y.low)
      let high = min(plot.x.high, plot.y.high)
      marks.append(
        Plot.line(plot.px(low), plot.py(low), plot.px(high), plot.py(high), style: "reference"))
    }
    marks += drawn.map { Plot.colored($0.style, Self.marks(of: $0, plot)) }
    if isLabelled { marks += labels(drawn, plot) }
    return plot.svg(marks)
  }

  private static func reference(_ reference: PlotReference, _ plot: Plot) -> [HTML] {
    let y = plot.py(reference.value)
    let end = Plot.width - plot.right
    return [
      Plot.line(plot.left, y, end, y, style: "reference"),
      Plot.text(
        reference.label, plot.left + 4, y - 4 >= plot.top ? y - 4 : y + 11,
        style: "reference-label"),
    ]
  }

  private static func marks(of series: Series, _ plot: Plot) -> [HTML] {
    var marks: [HTML] = []
    let bounded = series.points.filter { $0.low != nil && $0.high != nil }
    if series.isJoined, bounded.count > 1 {
      let upper = bounded.map { (x: plot.px($0.x), y: plot.py($0.high ?? $0.y)) }
      let lower = bounded.reversed().map { (x: plot.px($0.x), y: plot.py($0.low ?? $0.y)) }
      marks.append(Plot.path(Coordinates.path(upper + lower) + "z", style: "band"))
    }
    if series.isMarked {
      let whiskers = bounded.map { point -> String in
        let (x, low, high) = (
          plot.px(point.x), plot.py(point.low ?? point.y), plot.py(point.high ?? point.y)
        )
        return Coordinates.path([(x, low), (x, high)])
      }
      if !whiskers.isEmpty { marks.append(Plot.path(whiskers.joined(), style: "whisker")) }
    }
    if series.isJoined {
      let line = series.points.map { (x: plot.px($0.x), y: plot.py($0.y)) }
      marks.append(Plot.path(Coordinates.path(line), style: "line", dash: series.style.dash))
    }
    if series.isMarked || series.points.count == 1 {
      let dots = series.points.filter { $0.x.isFinite && $0.y.isFinite }
        .map {
          (series.mark ?? series.style).mark(x: plot.px($0.x), y: plot.py($0.y), radius: 3.6)
        }
      marks.append(Plot.path(dots.joined(), style: "dot"))
    }
    return marks
  }

  private func labels(_ series: [Series], _ plot: Plot) -> [HTML] {
    let ends = series.map { line in
      line.points.last { $0.y.isFinite }.map { plot.py($0.y) } ?? plot.top
    }
    let places = LabelPlacement.spread(
      ends, gap: 13, in: plot.top + 4...plot.height - plot.bottom)
    return zip(series, places).map { line, place in
      Plot.colored(
        line.style,
        [
          Plot.text(
            Plot.short(line.name), Plot.width - plot.right + 7, place + 3.5, style: "label")
        ])
    }
  }

  /// The ends of each line, in words.
  var description: String {
    let lines = series.map { line -> String in
      guard let first = line.points.first, let last = line.points.last else {
        return "\(line.name): no values."
      }
      func value(_ point: Point) -> String {
        var text = NumberText.significant(point.y) + (unit.isEmpty ? "" : " " + unit)
        if let low = point.low, let high = point.high {
          text += " (\(NumberText.significant(low)) to \(NumberText.significant(high)))"
        }
        return text + " at \(NumberText.significant(point.x))"
      }
      return first == last
        ? "\(line.name): \(value(first))." : "\(line.name): from \(value(first)) to \(value(last))."
    }
    return (["Against \(xTitle)."] + lines).joined(separator: " ")
  }

  /// The same as numbers, thinned to `limit` rows.
  func table(caption: String, limit: Int = 12) -> HTML {
    let places = Set(series.flatMap { $0.points.map(\.x) }).sorted()
    let kept =
      places.count <= limit
      ? places : (0..<limit).map { places[$0 * (places.count - 1) / (limit - 1)] }
    let rows = kept.map { x in
      DataTable.Row(
        header: HTML(NumberText.significant(x, digits: 4)),
        cells: series.map { line in
          let point = line.points.first { $0.x == x }
          return DataTable.Cell(HTML(point.map { NumberText.significant($0.y) } ?? "–"))
        })
    }
    return DataTable(
      caption: HTML(caption),
      columns: [.init(title: HTML(xTitle))] + series.map { .init(title: HTML($0.name)) },
      rows: rows
    ).html
  }
}
