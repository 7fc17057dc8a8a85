/// What runs logged while they trained, against the images seen.
struct CurveSection {
  let source: ReportSource
  let styles: StyleKey

  private struct Quantity {
    let column: String
    let title: String
    let unit: String
    let note: String
    var scale = 1.0
  }

  private static let quantities = [
    Quantity(
      column: "knn_top1", title: "kNN accuracy, % ↑", unit: "%",
      note: "On validation images. The first point is the encoder before training.", scale: 100),
    Quantity(
      column: "rankme", title: "RankMe", unit: "",
      note: "Directions that features use. A fall towards 1 is collapse."),
    Quantity(
      column: "feature_std", title: "Standard deviation of features", unit: "",
      note: "A fall towards 0 is collapse."),
    Quantity(
      column: "nll", title: "Negative log-likelihood, nats ↓", unit: "nats",
      note:
        "Per held-out target, of heads with an exact density. Targets move as the encoder learns."),
    Quantity(
      column: "predicted_std", title: "Predicted deviation", unit: "",
      note: "Of a coordinate: how sure the head is."),
  ]

  var html: HTML {
    let panels = losses + Self.quantities.compactMap(panel)
    guard !panels.isEmpty else {
      return .section(
        "curves", "Learning curves", ["No run has a readable metrics.csv, so that there are none."])
    }
    return .section(
      "curves", "Learning curves",
      [
        .prose(
          "From each run's own log, against the images that training has shown (repetitions count). "
            + "Where a variant has several seeds, the line is their mean and the band runs from the "
            + "lowest to the highest.", style: "lead"), .panels(panels),
      ])
  }

  /// Losses of different heads have nothing in common: each gets a panel of its own scale, with the loss on
  /// held-out images beside that of training.
  private var losses: [HTML] {
    if Set(source.variants.map(\.headName)).count == 1, source.variants.count > 1 {
      return [
        Quantity(
          column: "loss", title: "Training loss", unit: "", note: "The head's own loss."),
        Quantity(
          column: "validation_loss", title: "Loss on held-out images", unit: "",
          note: "The head's own loss."),
      ].compactMap(panel)
    }
    return source.variants.compactMap { variant in
      let style = styles[variant.name]
      let parts = [("loss", "training"), ("validation_loss", "held out")]
      let series = parts.enumerated().compactMap { index, part -> LinePlot.Series? in
        let points = Self.merged(variant.runs.map { $0.curve(part.0) })
        guard !points.isEmpty else { return nil }
        return LinePlot.Series(
          name: part.1, style: style, points: points, isMarked: index > 0 && points.count <= 24)
      }
      guard !series.isEmpty else { return nil }
      let quantity = Quantity(
        column: "loss", title: "Loss", unit: "",
        note: "The head's own loss, in its own unit: compare shapes, not heights.")
      return .panel(
        .group(["Loss, ", .name(variant.name, style)]), note: quantity.note,
        [plot(quantity, series, id: "curve-loss-\(style.index)")])
    }
  }

  private func panel(_ quantity: Quantity) -> HTML? {
    let series = source.variants.compactMap { variant -> LinePlot.Series? in
      let points = Self.merged(variant.runs.map { $0.curve(quantity.column) }).map {
        LinePlot.Point(
          x: $0.x, y: $0.y * quantity.scale, low: $0.low.map { $0 * quantity.scale },
          high: $0.high.map { $0 * quantity.scale })
      }
      guard !points.isEmpty else { return nil }
      return LinePlot.Series(
        name: variant.name, style: styles[variant.name], points: points,
        isMarked: points.count <= 12 && points.allSatisfy { $0.low == nil })
    }
    guard !series.isEmpty else { return nil }
    let drawn = plot(quantity, series, id: "curve-\(quantity.column)")
    return .panel(HTML(quantity.title), note: quantity.note, [drawn])
  }

  private func plot(_ quantity: Quantity, _ series: [LinePlot.Series], id: String) -> HTML {
    let plot = LinePlot(
      title: quantity.title, id: id, xTitle: "images seen", unit: quantity.unit, series: series,
      isLabelled: series.count > 1)
    return .group([plot.svg, .details("As a table", [plot.table(caption: quantity.title)])])
  }

  /// The mean over runs at each x that all have, with the range; a single run as it is.
  static func merged(_ curves: [[LinePlot.Point]]) -> [LinePlot.Point] {
    let curves = curves.filter { !$0.isEmpty }
    guard curves.count > 1, let first = curves.first else { return curves.first ?? [] }
    let others = curves.dropFirst().map { curve in
      Dictionary(curve.map { ($0.x, $0.y) }) { $1 }
    }
    return first.compactMap { point in
      let found = [point.y] + others.compactMap { $0[point.x] }
      guard found.count == curves.count else { return nil }
      return LinePlot.Point(
        x: point.x, y: found.reduce(0, +) / Double(found.count), low: found.min(),
        high: found.max())
    }
  }
}
