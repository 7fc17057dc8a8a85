import Foundation

/// Measures as text: at the digits that their uncertainty leaves, in the figure's unit.
struct MeasureText {
  let figure: Figure
  private let decimals: Int

  /// For one row of values, all but costs at the same digits, so that they stand under each other.
  init(_ figure: Figure, _ values: [Measure?]) {
    self.figure = figure
    let present = values.compactMap(\.self)
    let widths = present.compactMap { $0.deviation ?? $0.halfWidth }.filter { $0 > 0 }.sorted()
    if widths.isEmpty {
      // Three significant digits of the largest, none of counts.
      let largest = present.map { abs($0.mean * figure.scale) }.max() ?? 0
      let digits = NumberText.significant(largest)
      decimals = largest >= 1000 ? 0 : digits.split(separator: ".").dropFirst().first?.count ?? 0
    } else {
      let half = widths[widths.count / 2] * figure.scale
      // Accuracies are read with a decimal, whatever they are worth.
      let least = figure.unit == "%" ? 1 : 0
      decimals = min(4, max(least, NumberText.decimals(resolving: half)))
    }
  }

  /// The mean, as its row has it.
  func mean(_ measure: Measure) -> String { number(measure.mean, decimals: decimals(of: measure)) }

  /// Costs of heads span orders: one of them has the digits that its own uncertainty leaves, where those are more.
  private func decimals(of measure: Measure) -> Int {
    let width = measure.deviation ?? measure.halfWidth ?? 0
    guard figure.topic == .cost, width > 0 else { return decimals }
    return max(decimals, min(4, NumberText.decimals(resolving: width * figure.scale)))
  }

  private func number(_ value: Double, decimals: Int) -> String {
    let scaled = value * figure.scale
    if figure.unit.isEmpty, abs(scaled) >= 100_000 { return NumberText.count(scaled) }
    // What would be a nought is told by its own digits.
    if scaled != 0, figure.topic == .cost, abs(scaled) < 0.5 * pow(10, -Double(decimals)) {
      return NumberText.significant(scaled, digits: 2)
    }
    return NumberText.fixed(scaled, decimals: decimals)
  }

  /// `[29.3, 39.1]`, or `± 0.4` over seeds.
  func spread(_ measure: Measure) -> String? {
    let decimals = decimals(of: measure)
    if let deviation = measure.deviation, measure.count > 1 {
      return "± \(number(deviation, decimals: decimals))"
    }
    guard let low = measure.low, let high = measure.high else { return nil }
    return "[\(number(low, decimals: decimals)), \(number(high, decimals: decimals))]"
  }

  /// `34.0 % [29.3, 39.1]`.
  func whole(_ measure: Measure) -> String {
    let unit = figure.unit.isEmpty ? "" : "\u{00A0}\(figure.unit)"
    return mean(measure) + unit + (spread(measure).map { " " + $0 } ?? "")
  }
}
