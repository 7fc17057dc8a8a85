import JEPATensor

/// Shares of equal bins as bars, with marks on the axis.
struct HistogramPlot {
  /// Something to find on the axis.
  struct Mark {
    let value: Double
    let label: String?
    /// Whether it is the value that came true.
    var isTruth = false
  }

  var title: String
  var id: String
  var xTitle: String
  var style: SeriesStyle
  /// Of the first bin's start and the last one's end.
  var range: ClosedRange<Double>
  /// One a bin.
  var shares: [Double]
  /// The share that bins would have if all were alike.
  var uniform: Double?
  var marks: [Mark] = []
  var yRange: ClosedRange<Double>?
  var showsY = true
  var height = 150.0
  var description: String

  var svg: HTML {
    let most = max(shares.max() ?? 0, uniform ?? 0)
    let plot = Plot(
      height: height, left: showsY ? 38 : 8, right: 10, top: marks.isEmpty ? 8 : 18,
      x: Axis(range, count: 4), y: Axis(yRange ?? 0...max(most * 1.08, 1e-9), count: 3),
      xTitle: xTitle, showsY: showsY, title: title, description: description, id: id)
    let width = (range.upperBound - range.lowerBound) / Double(max(1, shares.count))
    let floor = plot.height - plot.bottom
    let c = Coordinates.text
    let bars = shares.enumerated().map { index, share -> String in
      let x1 = plot.px(range.lowerBound + Double(index) * width) + 0.5
      let x2 = plot.px(range.lowerBound + Double(index + 1) * width) - 0.5
      let y = max(plot.top, plot.py(share))
      return "M\(c(x1)) \(c(floor))V\(c(y))H\(c(x2))V\(c(floor))z"
    }
    var drawn = [Plot.colored(style, [Plot.path(bars.joined(), style: "bar")])]
    if let uniform {
      let y = plot.py(uniform)
      drawn.append(Plot.line(plot.left, y, Plot.width - plot.right, y, style: "reference"))
    }
    for mark in marks where range.contains(mark.value) {
      let x = plot.px(mark.value)
      drawn.append(
        Plot.line(x, plot.top, x, floor, style: mark.isTruth ? "truth" : "possible"))
      if let label = mark.label {
        drawn.append(
          Plot.text(label, x, plot.top - 5, anchor: "middle", style: "reference-label"))
      }
    }
    return plot.svg(drawn)
  }

  /// The shares of values in so many equal bins of a range; what is outside counts in no bin.
  static func shares(
    of values: [Double], bins: Int, in range: ClosedRange<Double>
  ) -> [Double] {
    var counts = [Double](repeating: 0, count: bins)
    let width = range.upperBound - range.lowerBound
    guard !values.isEmpty, width > 0 else { return counts }
    for value in values where range.contains(value) {
      counts[min(bins - 1, Int(bounded: (value - range.lowerBound) / width * Double(bins)))] += 1
    }
    return counts.map { $0 / Double(values.count) }
  }
}
