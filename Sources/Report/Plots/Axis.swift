import Foundation
import JEPATensor

/// One direction of a plot: the values it covers, where they lie, and the ticks.
struct Axis: Sendable, Equatable {
  enum Kind: Sendable, Equatable { case linear, logarithmic }

  struct Tick: Sendable, Equatable {
    let value: Double
    let label: String
  }

  let kind: Kind
  let low: Double
  let high: Double
  let ticks: [Tick]

  /// Exactly this range, with ticks at round numbers within it.
  init(_ range: ClosedRange<Double>, kind: Kind = .linear, count: Int = 5) {
    self.kind = kind
    (low, high) = (range.lowerBound, range.upperBound)
    ticks =
      kind == .linear
      ? Self.linearTicks(low, high, count: count) : Self.logarithmicTicks(low, high)
  }

  /// A range that holds the values, with a little space at its ends; those that are not finite, and on a
  /// logarithmic axis those not above 0, do not count. Without any it is 0 to 1 (1 to 10).
  ///
  /// - Parameter includes: values that shall be within too, such as a reference.
  init(covering values: [Double], includes: [Double] = [], kind: Kind = .linear, count: Int = 5) {
    let isLog = kind == .logarithmic
    let found = (values + includes).filter { $0.isFinite && (!isLog || $0 > 0) }
      .map { isLog ? log($0) : $0 }
    guard var low = found.min(), var high = found.max() else {
      self.init(isLog ? 1...10 : 0...1, kind: kind, count: count)
      return
    }
    let space = high > low ? 0.06 * (high - low) : max(0.1 * abs(high), 0.1)
    // What is never below 0 does not begin below 0.
    let staysAbove = !isLog && low >= 0
    low = staysAbove ? max(0, low - space) : low - space
    high += space
    self.init(isLog ? exp(low)...exp(high) : low...high, kind: kind, count: count)
  }

  /// With ticks at these values alone.
  func marking(_ values: [Double]) -> Axis {
    Axis(
      kind: kind, low: low, high: high,
      ticks: Set(values).sorted().filter { low <= $0 && $0 <= high }.map {
        Tick(value: $0, label: NumberText.short($0))
      })
  }

  private init(kind: Kind, low: Double, high: Double, ticks: [Tick]) {
    (self.kind, self.low, self.high, self.ticks) = (kind, low, high, ticks)
  }

  /// Where a value lies between two places.
  func position(_ value: Double, from start: Double, to end: Double) -> Double {
    let share: Double
    switch kind {
    case .linear: share = (value - low) / (high - low)
    case .logarithmic: share = log(value / low) / log(high / low)
    }
    return start + share * (end - start)
  }

  /// Multiples of 1, 2 or 5 times a power of ten within the range: about `count`, at most half as many
  /// more.
  static func linearTicks(_ low: Double, _ high: Double, count: Int) -> [Tick] {
    guard high > low, high.isFinite, low.isFinite else { return [] }
    let rough = (high - low) / Double(max(1, count))
    let magnitude = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough * 0.999 } ?? magnitude * 10
    // Of ranges that numbers can hardly tell apart.
    guard step > 0, abs(low / step) < 1e15, abs(high / step) < 1e15 else { return [] }
    let decimals = max(0, Int(bounded: -floor(log10(step) + 1e-9)))
    let first = Int(bounded: (low / step - 1e-9).rounded(.up))
    let last = Int(bounded: (high / step + 1e-9).rounded(.down))
    guard first <= last else { return [] }
    return (first...last).map { index in
      let value = Double(index) * step
      return Tick(value: value, label: label(value, decimals: decimals))
    }
  }

  /// Powers of ten; with 2 and 5 between them where there are fewer than two decades.
  static func logarithmicTicks(_ low: Double, _ high: Double) -> [Tick] {
    guard low > 0, high > low, high.isFinite else { return [] }
    let factors: [Double] = high / low < 100 ? [1, 2, 5] : [1]
    let powers = Int(bounded: floor(log10(low)))...Int(bounded: ceil(log10(high)))
    return powers.flatMap { power in
      factors.compactMap { factor -> Tick? in
        let value = factor * pow(10, Double(power))
        guard value >= low * 0.999_999, value <= high * 1.000_001 else { return nil }
        return Tick(value: value, label: label(value, decimals: max(0, -power)))
      }
    }
  }

  private static func label(_ value: Double, decimals: Int) -> String {
    abs(value) >= 10_000 ? NumberText.count(value) : NumberText.fixed(value, decimals: decimals)
  }
}
