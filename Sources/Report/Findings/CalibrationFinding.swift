/// Who is over- or underconfident, by the PIT's dispersion.
struct CalibrationFinding {
  let table: FigureTable
  let styles: StyleKey

  /// What is of no consequence, however surely it is not 1.
  static let tolerance = 0.05

  private enum Verdict { case right, near, over, under, unknown }

  private func verdict(_ value: Measure) -> Verdict {
    guard let low = value.low, let high = value.high else { return .unknown }
    if low <= 1, high >= 1 { return .right }
    if abs(value.mean - 1) < Self.tolerance { return .near }
    return value.mean > 1 ? .over : .under
  }

  var sentence: HTML? {
    guard let row = table["pit_dispersion"] else { return nil }
    if table.variants.count == 1 {
      guard let value = row.values[0] else { return nil }
      return .group([.strong("Calibration"), ": ", HTML(alone(verdict(value)))])
    }
    func names(_ verdict: Verdict) -> HTML? {
      let places = row.values.indices.filter { row.values[$0].map(self.verdict) == verdict }
      guard !places.isEmpty else { return nil }
      let isFar = verdict == .over || verdict == .under
      return .enumeration(
        places.map { index in
          let value = row.values[index].map { NumberText.fixed($0.mean, decimals: 2) } ?? ""
          return .group([
            .name(table.variants[index], styles[table.variants[index]]),
            HTML(isFar ? " (\(value))" : ""),
          ])
        })
    }
    let texts: [(Verdict, String)] = [
      (.right, "Spreads are right on average, within noise: "),
      (.near, "Right within 5 %: "),
      (.over, "Too small (overconfident; PIT dispersion above 1): "),
      (.under, "Too large (underconfident; PIT dispersion below 1): "),
      (.unknown, "Without an interval: "),
    ]
    let parts = texts.flatMap { verdict, text in
      names(verdict).map { [HTML(text), $0, HTML(". ")] } ?? []
    }
    return parts.isEmpty ? nil : .group([.strong("Calibration"), ": "] + parts)
  }

  private func alone(_ verdict: Verdict) -> String {
    switch verdict {
    case .right: "spreads are right on average, within noise."
    case .near: "spreads are right on average, within 5 %."
    case .over: "predicted spreads are too small (overconfident)."
    case .under: "predicted spreads are too large (underconfident)."
    case .unknown: "the interval of the PIT dispersion is not known."
    }
  }
}
