/// The ground of a plot: its size, axes, grid and the words for those who do not see it.
///
/// Sizes are in CSS pixels at the width of a phone; on a wider screen several plots stand side by side
/// instead of one growing.
struct Plot {
  static let width = 340.0

  var height = 210.0
  var left = 44.0
  var right = 12.0
  var top = 10.0
  var bottom = 34.0
  var x: Axis
  var y: Axis
  /// Under the horizontal axis.
  var xTitle: String
  /// Whether there are ticks and lines for y.
  var showsY = true
  /// What it is, in a few words; the image's name.
  var title: String
  /// What it shows, figures included.
  var description: String
  /// Unique on the page.
  var id: String

  func px(_ value: Double) -> Double { x.position(value, from: left, to: Self.width - right) }
  func py(_ value: Double) -> Double { y.position(value, from: height - bottom, to: top) }

  /// The plot with these marks over its grid.
  func svg(_ marks: [HTML]) -> HTML {
    let c = Coordinates.text
    var parts: [HTML] = [
      .element("title", ["id": id + "-t"], [HTML(title)]),
      .element("desc", ["id": id + "-d"], [HTML(description)]),
    ]
    let (floor, end) = (height - bottom, Self.width - right)
    if showsY {
      for tick in y.ticks {
        let at = py(tick.value)
        parts.append(Self.line(left, at, end, at, style: "grid"))
        parts.append(Self.text(tick.label, left - 6, at + 3.5, anchor: "end", style: "tick"))
      }
    }
    parts.append(Self.line(left, floor, end, floor, style: "axis"))
    for tick in x.ticks {
      let at = px(tick.value)
      parts.append(Self.line(at, floor, at, floor + 4, style: "axis"))
      parts.append(Self.text(tick.label, at, floor + 15, anchor: "middle", style: "tick"))
    }
    parts.append(
      Self.text(xTitle, (left + end) / 2, height - 4, anchor: "middle", style: "axis-title"))
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(c(Self.width)) \(c(height))", "role": "img",
        "aria-labelledby": "\(id)-t \(id)-d",
      ], parts + marks)
  }

  // MARK: Marks

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String
  ) -> HTML {
    let c = Coordinates.text
    return .element(
      "line", ["class": style, "x1": c(x1), "y1": c(y1), "x2": c(x2), "y2": c(y2)])
  }

  static func text(
    _ text: String, _ x: Double, _ y: Double, anchor: String = "start", style: String
  ) -> HTML {
    let c = Coordinates.text
    return .element(
      "text",
      ["class": style, "x": c(x), "y": c(y), "text-anchor": anchor == "start" ? nil : anchor],
      [HTML(text)])
  }

  static func path(_ d: String, style: String, dash: String? = nil) -> HTML {
    .element("path", ["class": style, "d": d, "stroke-dasharray": dash])
  }

  /// Marks in the colour of a series.
  static func colored(_ style: SeriesStyle, _ marks: [HTML]) -> HTML {
    .element("g", ["class": style.className], marks)
  }

  /// About how wide a label is, in pixels: there is no layout to ask.
  static func textWidth(_ text: String, size: Double = 11) -> Double {
    Double(text.count) * 0.58 * size
  }

  /// The same of a name, which is bold.
  static func labelWidth(_ text: String) -> Double { Double(text.count) * 0.66 * 11 }
}

/// A value to compare with, as a line across the plot.
struct PlotReference: Sendable, Equatable {
  let value: Double
  let label: String
}
