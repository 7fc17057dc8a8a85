import Foundation
import JEPAData
import JEPATensor

/// Heat maps in rows: within a row all panels share one colour scale, from 0 to the row's `peak`, and
/// the bar at the end shows it.
public struct DensityPicture: Sendable {
  public struct Row: Sendable {
    /// Stands to the left, reading upwards; may be empty.
    public var label: String
    public var panels: [DensityPanel]
    /// The value of the darkest colour, which all larger ones share; unless set, the largest value of
    /// the first panel (the truth, where there is one).
    public var peak: Double
    /// Colours follow (value / peak) to this power: below 1, small values show more.
    public var exponent = 1.0

    /// - Parameter panels: at least one.
    public init(label: String = "", panels: [DensityPanel]) {
      require(!panels.isEmpty, "DensityPicture: a row without panels")
      self.label = label
      self.panels = panels
      peak = panels[0].values.filter(\.isFinite).max() ?? 0
    }

    /// Where on the colour map a value stands, 0 … 1.
    func position(of value: Double) -> Double {
      let part = value / max(peak, 1e-300)
      return part > 0 ? pow(min(part, 1), exponent) : 0
    }
  }

  public var title: String
  public var subtitle = ""
  public var rows: [Row]

  /// - Parameter rows: all with the same number of panels, over rectangles of the same proportions.
  public init(title: String, subtitle: String = "", rows: [Row]) {
    require(!rows.isEmpty, "DensityPicture: no rows")
    self.title = title
    self.subtitle = subtitle
    self.rows = rows
  }

  /// Draws the picture.
  ///
  /// - Parameters:
  ///   - panelWidth: Width of a heat map in pixels.
  ///   - panelHeight: Its height.
  public func image(panelWidth: Int = 300, panelHeight: Int = 300) -> Image {
    let layout = DensityPictureLayout(self, panelWidth: panelWidth, panelHeight: panelHeight)
    var canvas = Canvas(width: layout.width, height: layout.height)
    canvas.text(title, x: Double(layout.left), y: 30, size: 13)
    if !subtitle.isEmpty {
      canvas.text(subtitle, x: Double(layout.left), y: 52, size: 9.5, .left, .grey)
    }
    for (rowIndex, row) in rows.enumerated() {
      let top = layout.top(ofRow: rowIndex)
      if !row.label.isEmpty {
        canvas.text(
          row.label, x: 22, y: Double(top + panelHeight / 2), size: 10.5, .center, upwards: true)
      }
      for (index, panel) in row.panels.enumerated() {
        let left = layout.left(ofPanel: index)
        canvas.heatMap(panel, of: row, x: left, y: top, panelWidth, panelHeight)
        canvas.axes(
          of: panel, x: left, y: top, panelWidth, panelHeight, showsTitle: rowIndex == 0,
          showsVertical: index == 0)
      }
      canvas.colorBar(
        of: row, x: layout.left(ofPanel: row.panels.count) - 6, y: top, height: panelHeight)
    }
    return canvas.image()
  }
}

/// Where things stand, in pixels.
private struct DensityPictureLayout {
  let width: Int
  let height: Int
  let left: Int
  private let panelWidth: Int
  private let panelHeight: Int
  private let head: Int
  private let rowGap: Int

  init(_ picture: DensityPicture, panelWidth: Int, panelHeight: Int) {
    self.panelWidth = panelWidth
    self.panelHeight = panelHeight
    let panels = picture.rows.flatMap(\.panels)
    let hasRowLabels = picture.rows.contains { !$0.label.isEmpty }
    let hasVerticalLabel = panels.contains { !$0.verticalLabel.isEmpty }
    left = 52 + (hasRowLabels ? 20 : 0) + (hasVerticalLabel ? 16 : 0)
    head = (picture.subtitle.isEmpty ? 46 : 66) + 26
    rowGap = panels.contains { !$0.horizontalLabel.isEmpty } ? 56 : 36
    let columns = picture.rows.map(\.panels.count).max() ?? 1
    width = left + columns * (panelWidth + 26) + 68
    height = head + picture.rows.count * (panelHeight + rowGap)
  }

  func top(ofRow index: Int) -> Int { head + index * (panelHeight + rowGap) }
  func left(ofPanel index: Int) -> Int { left + index * (panelWidth + 26) }
}

extension Canvas {
  fileprivate mutating func heatMap(
    _ panel: DensityPanel, of picture: DensityPicture.Row, x: Int, y: Int, _ width: Int,
    _ height: Int
  ) {
    for row in 0..<height {
      for column in 0..<width {
        let value = panel.value(
          atPartX: (Double(column) + 0.5) / Double(width),
          partY: 1 - (Double(row) + 0.5) / Double(height))
        blend(x: x + column, y: y + row, ColorMap.color(picture.position(of: value)))
      }
    }
    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
      let (h, v) = (panel.horizontal, panel.vertical)
      return (
        Double(x) + (point.x - h.lowerBound) / (h.upperBound - h.lowerBound) * Double(width),
        Double(y) + (v.upperBound - point.y) / (v.upperBound - v.lowerBound) * Double(height)
      )
    }
    for curve in panel.curves { line(curve.map(place), thickness: 2.2, .mark) }
    for mark in panel.marks {
      let center = place(mark)
      disc(x: center.x, y: center.y, radius: 4.5, .white)
      disc(x: center.x, y: center.y, radius: 3.2, .mark)
    }
  }

  fileprivate mutating func axes(
    of panel: DensityPanel, x: Int, y: Int, _ width: Int, _ height: Int, showsTitle: Bool,
    showsVertical: Bool
  ) {
    frame(x: x, y: y, width: width, height: height, .grey)
    let size = 8.5
    let ticks = AxisTicks.values(in: panel.horizontal, count: max(2, width / 60))
    for (value, label) in zip(ticks, AxisTicks.labels(ticks)) {
      let part =
        (value - panel.horizontal.lowerBound)
        / (panel.horizontal.upperBound - panel.horizontal.lowerBound)
      let place = Double(x) + part * Double(width)
      line(
        [(place, Double(y + height) + 1), (place, Double(y + height) + 5)], thickness: 1, .grey)
      text(label, x: place, y: Double(y + height) + 18, size: size, .center)
    }
    let middle = Double(x) + Double(width) / 2
    if !panel.horizontalLabel.isEmpty {
      text(panel.horizontalLabel, x: middle, y: Double(y + height) + 36, size: 9.5, .center)
    }
    if showsTitle { text(panel.title, x: middle, y: Double(y) - 11, size: 10.5, .center) }
    let steps = AxisTicks.values(in: panel.vertical, count: max(2, height / 50))
    for (value, label) in zip(steps, AxisTicks.labels(steps)) {
      let part =
        (panel.vertical.upperBound - value)
        / (panel.vertical.upperBound - panel.vertical.lowerBound)
      let place = Double(y) + part * Double(height)
      line([(Double(x) - 5, place), (Double(x) - 1, place)], thickness: 1, .grey)
      if showsVertical { text(label, x: Double(x) - 9, y: place + size / 2, size: size, .right) }
    }
    if showsVertical && !panel.verticalLabel.isEmpty {
      text(
        panel.verticalLabel, x: Double(x) - 44, y: Double(y) + Double(height) / 2, size: 9.5,
        .center, upwards: true)
    }
  }

  fileprivate mutating func colorBar(
    of picture: DensityPicture.Row, x: Int, y: Int, height: Int
  ) {
    let width = 14
    for row in 0..<height {
      let color = ColorMap.color(1 - (Double(row) + 0.5) / Double(height))
      for column in 0..<width { blend(x: x + column, y: y + row, color) }
    }
    frame(x: x, y: y, width: width, height: height, .grey)
    let ticks = AxisTicks.values(in: 0...max(picture.peak, 0), count: max(2, height / 60))
    for (value, label) in zip(ticks, AxisTicks.labels(ticks)) {
      let place = Double(y) + (1 - picture.position(of: value)) * Double(height)
      let right = Double(x + width)
      line([(right + 1, place), (right + 5, place)], thickness: 1, .grey)
      text(label, x: right + 9, y: place + 4.25, size: 8.5)
    }
  }
}
