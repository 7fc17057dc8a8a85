import JEPAEval
import JEPATensor

/// Figures by variant: what the page's tables, plots and sentences are made of.
struct FigureTable: Sendable {
  struct Row: Sendable {
    let figure: Figure
    /// One a variant; nil where it has none.
    let values: [Measure?]
    /// Against the best, one a variant; nil without a best or where it is the best.
    let contrasts: [Contrast?]
    /// The best variant's place, where there is a good direction and a choice.
    let best: Int?
    /// Whether contrasts are of paired rows.
    var isPaired = false
  }

  let variants: [String]
  let rows: [Row]

  init(variants: [String], rows: [Row]) { (self.variants, self.rows) = (variants, rows) }

  init(_ source: ReportSource) {
    variants = source.variants.map(\.name)
    var rows: [Row] = []
    let known = Set(Figure.catalogue.map(\.key))
    for figure in Figure.catalogue {
      let values = Self.values(of: figure, source)
      guard values.contains(where: { $0 != nil }) else { continue }
      rows.append(Self.row(figure, values, source))
    }
    for column in source.table?.columns ?? [] where !known.contains(column.key) {
      let figure = Figure(metric: column.metric, topic: .others)
      let values = source.variants.map { variant in
        source.table?.rows.first { $0.name == variant.name }?.values[column.key]
      }
      if values.contains(where: { $0 != nil }) { rows.append(Self.row(figure, values, source)) }
    }
    self.rows = rows
  }

  subscript(key: String) -> Row? { rows.first { $0.figure.key == key } }

  func rows(_ topic: Figure.Topic) -> [Row] { rows.filter { $0.figure.topic == topic } }

  /// Over each variant's runs; from `table.json` where their files do not have it.
  private static func values(of figure: Figure, _ source: ReportSource) -> [Measure?] {
    let column = source.table?.columns.first { $0.key == figure.key }
    // The table has values as they are shown, where it names the unit that they are shown in.
    let scale = column.map { $0.unit == figure.unit ? figure.scale : 1 } ?? 1
    return source.variants.map { variant in
      Measure.over(seeds: variant.runs.compactMap(figure.measure))
        ?? source.table?.rows.first { $0.name == variant.name }?.values[figure.key]?
        .divided(by: scale)
    }
  }

  private static func row(
    _ figure: Figure, _ values: [Measure?], _ source: ReportSource
  ) -> Row {
    let present = values.indices.filter { values[$0] != nil }
    guard figure.better == .high || figure.better == .low, present.count > 1 else {
      return Row(
        figure: figure, values: values, contrasts: values.map { _ in nil }, best: nil)
    }
    func mean(_ index: Int) -> Double { values[index]?.mean ?? 0 }
    let best =
      figure.better == .high
      ? present.max { mean($0) < mean($1) } : present.min { mean($0) < mean($1) }
    // Where all are equal there is no best.
    let areEqual = Set(present.map(mean)).count == 1
    guard let best, let bestValue = values[best], !areEqual else {
      return Row(figure: figure, values: values, contrasts: values.map { _ in nil }, best: nil)
    }
    let paired = pairedContrasts(figure, best: best, source)
    let contrasts = values.enumerated().map { index, value -> Contrast? in
      guard let value, index != best else { return nil }
      return paired?[index] ?? Contrast(value, bestValue)
    }
    return Row(
      figure: figure, values: values, contrasts: contrasts, best: best,
      isPaired: paired?.isEmpty == false)
  }

  /// For likelihoods relative to the Gaussian, by the paired difference over the same images, where both
  /// sides have a single run with the scores of every row. Nil for other figures.
  private static func pairedContrasts(
    _ figure: Figure, best: Int, _ source: ReportSource
  ) -> [Int: Contrast]? {
    let metrics: [UncertaintyMetric] = [.nllMinusGaussian, .estimatedNLLMinusGaussian]
    guard let metric = metrics.first(where: { $0.rawValue == figure.key }) else { return nil }
    func scores(_ index: Int) -> RowScores? {
      let runs = source.variants[index].runs
      return runs.count == 1 ? runs[0].scores : nil
    }
    guard let bestScores = scores(best) else { return nil }
    var result: [Int: Contrast] = [:]
    for index in source.variants.indices where index != best {
      guard
        let difference = try? scores(index)?.difference(
          of: metric, from: bestScores, using: RandomSource(seed: 0).split("report")),
        let measure = Measure(difference)
      else { continue }
      result[index] = Contrast(difference: measure)
    }
    return result
  }
}
