/// Clouds of points in a plane of equal scales, with single points marked.
struct ScatterPlot {
  struct Cloud {
    let name: String
    let style: SeriesStyle
    let points: [(x: Double, y: Double)]
  }

  struct Marked {
    let label: String
    let x: Double
    let y: Double
    /// Of its area, 0 to 1; a probability.
    var weight = 1.0
    /// Whether it is the one that came true.
    var isTruth = false
  }

  var title: String
  var id: String
  var xTitle: String
  var clouds: [Cloud]
  var marked: [Marked]
  var height = 300.0

  var svg: HTML {
    let xs = clouds.flatMap { $0.points.map(\.x) } + marked.map(\.x)
    let ys = clouds.flatMap { $0.points.map(\.y) } + marked.map(\.y)
    var plot = Plot(
      height: height, left: 36, right: 10, x: Axis(covering: []), y: Axis(covering: []),
      xTitle: xTitle, title: title, description: description, id: id)
    let ranges = Self.equalScales(
      xs, ys, aspect: (Plot.width - plot.left - plot.right) / (height - plot.top - plot.bottom))
    plot.x = Axis(ranges.x, count: 4)
    plot.y = Axis(ranges.y, count: 4)
    var marks = clouds.map { cloud -> HTML in
      // A line of no length with round ends is a dot, in 12 bytes.
      let dots = cloud.points.map {
        "M\(Coordinates.text(plot.px($0.x))) \(Coordinates.text(plot.py($0.y)))h0"
      }
      return Plot.colored(cloud.style, [Plot.path(dots.joined(), style: "cloud")])
    }
    let places = LabelPlacement.spread(
      marked.map { plot.py($0.y) }, gap: 12, in: plot.top + 6...plot.height - plot.bottom - 2)
    for (point, place) in zip(marked, places) {
      let (x, y) = (plot.px(point.x), plot.py(point.y))
      let radius = 3 + 7 * max(0, point.weight).squareRoot()
      let c = Coordinates.text
      marks.append(
        .element(
          "circle",
          [
            "class": point.isTruth ? "truth-ring" : "ring", "cx": c(x), "cy": c(y),
            "r": c(radius),
          ]))
      let isRight = x + radius + Plot.textWidth(point.label) + 6 < Plot.width
      marks.append(
        Plot.text(
          point.label, isRight ? x + radius + 4 : x - radius - 4, place + 4,
          anchor: isRight ? "start" : "end", style: "mark-label"))
    }
    return plot.svg(marks)
  }

  /// Ranges that hold all values at the same pixels a unit, `aspect` times as wide as high.
  static func equalScales(
    _ xs: [Double], _ ys: [Double], aspect: Double
  ) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
    func bounds(_ values: [Double]) -> (middle: Double, width: Double) {
      let finite = values.filter(\.isFinite)
      guard let low = finite.min(), let high = finite.max() else { return (0, 1) }
      return ((low + high) / 2, max(high - low, 1e-9) * 1.12)
    }
    let (x, y) = (bounds(xs), bounds(ys))
    let height = max(y.width, x.width / aspect)
    let width = height * aspect
    return (
      x.middle - width / 2...x.middle + width / 2, y.middle - height / 2...y.middle + height / 2
    )
  }

  var description: String {
    let parts = clouds.map { cloud -> String in
      let n = Double(max(1, cloud.points.count))
      let x = cloud.points.reduce(0) { $0 + $1.x } / n
      let y = cloud.points.reduce(0) { $0 + $1.y } / n
      return "\(cloud.name): \(cloud.points.count) points about "
        + "(\(NumberText.significant(x)), \(NumberText.significant(y)))."
    }
    let points = marked.map {
      "\($0.isTruth ? "What is there" : "Possible")"
        + ($0.label.isEmpty ? "" : " (\($0.label))")
        + ": (\(NumberText.significant($0.x)), \(NumberText.significant($0.y)))."
    }
    return (parts + points).joined(separator: " ")
  }
}
