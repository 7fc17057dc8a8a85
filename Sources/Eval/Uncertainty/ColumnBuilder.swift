/// Columns of scores that are filled row by row.
struct ColumnBuilder {
  let rows: Int
  private(set) var columns: [UncertaintyMetric: [Double]] = [:]

  init(rows: Int) { self.rows = rows }

  /// A metric's column; NaN where nothing has been set.
  subscript(metric: UncertaintyMetric) -> [Double] {
    get { columns[metric] ?? empty }
    _modify {
      let none = empty
      yield &columns[metric, default: none]
    }
  }

  private var empty: [Double] { Array(repeating: .nan, count: rows) }

  mutating func add(_ row: Int, distances: (toTarget: Double, betweenDraws: Double)) {
    self[.energyScore][row] = distances.toTarget - distances.betweenDraws / 2
    self[.energySpread][row] = distances.betweenDraws / 2
  }

  mutating func add(_ row: Int, trueDistances: (toTarget: Double, betweenDraws: Double)) {
    self[.trueEnergyScore][row] = trueDistances.toTarget - trueDistances.betweenDraws / 2
    self[.trueEnergySpread][row] = trueDistances.betweenDraws / 2
  }

  mutating func add(_ row: Int, _ scores: SampleRow.CoordinateScores) {
    self[.crps][row] = scores.crps
    self[.spread][row] = scores.variance.squareRoot()
    self[.width80][row] = scores.width80
  }

  /// - Parameter pit: of every coordinate.
  mutating func add(_ row: Int, pit: [Double]) {
    let d = Double(pit.count)
    self[.pitMean][row] = pit.reduce(0, +) / d
    self[.pitDispersion][row] = 12 * pit.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / d
    for (metric, level) in zip(UncertaintyMetric.coverages, UncertaintyMetric.levels) {
      self[metric][row] = Double(pit.count { abs($0 - 0.5) <= level / 2 }) / d
    }
  }

  mutating func add(_ row: Int, _ scores: ModeScores, of truth: TrueCompletions) {
    self[.modeRecall][row] = scores.recall
    self[.modePrecision][row] = scores.precision
    self[.modeTotalVariation][row] = scores.totalVariation
    self[.modeEntropy][row] = scores.entropy
    self[.trueModeEntropy][row] = truth.entropy
  }

  mutating func add(_ row: Int, true scores: ModeScores) {
    self[.trueModeRecall][row] = scores.recall
    self[.trueModePrecision][row] = scores.precision
    self[.trueModeTotalVariation][row] = scores.totalVariation
  }
}
