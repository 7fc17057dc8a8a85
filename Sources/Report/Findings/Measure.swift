import Foundation
import JEPATensor

/// A figure of one variant: its mean over seeds, with the interval that is known of it.
struct Measure: Sendable, Equatable {
  var mean: Double
  /// A 95 % interval; nil where none is known.
  var low: Double?
  var high: Double?
  /// Over seeds; nil for a single one.
  var deviation: Double?
  /// Seeds.
  var count = 1

  init(
    mean: Double, low: Double? = nil, high: Double? = nil, deviation: Double? = nil, count: Int = 1
  ) {
    (self.mean, self.low, self.high) = (mean, low, high)
    (self.deviation, self.count) = (deviation, count)
  }

  func divided(by scale: Double) -> Measure {
    Measure(
      mean: mean / scale, low: low.map { $0 / scale }, high: high.map { $0 / scale },
      deviation: deviation.map { $0 / scale }, count: count)
  }

  /// The larger side of the interval.
  var halfWidth: Double? {
    guard let low, let high else { return nil }
    return max(high - mean, mean - low)
  }

  /// Of one seed's figures: as it is. Of several: mean and deviation over seeds, with Student's interval
  /// of the mean; what is known of single seeds then only widens it.
  static func over(seeds: [Measure]) -> Measure? {
    guard seeds.count > 1 else { return seeds.first }
    let n = Double(seeds.count)
    let mean = seeds.reduce(0) { $0 + $1.mean } / n
    let square = seeds.reduce(0) { $0 + ($1.mean - mean) * ($1.mean - mean) }
    return Measure(mean: mean, deviation: (square / (n - 1)).squareRoot(), count: seeds.count)
  }

  /// The mean over `count` seeds, at least 2, with Student's 95 % interval.
  init(mean: Double, deviation: Double, count: Int) {
    let half =
      Self.studentQuantile(degrees: count - 1) * deviation / Double(count).squareRoot()
    self.init(
      mean: mean, low: mean - half, high: mean + half, deviation: deviation, count: count)
  }

  /// The 97.5 % quantile of Student's distribution.
  static func studentQuantile(degrees: Int) -> Double {
    let table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    require(degrees >= 1, "Measure.studentQuantile: \(degrees) degrees of freedom")
    if degrees <= table.count { return table[degrees - 1] }
    // Cornish and Fisher's expansion about the normal quantile; right to 0.0002 from 11 degrees on.
    let (z, n) = (1.959964, Double(degrees))
    let first = (pow(z, 3) + z) / 4
    let second = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96
    let third = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384
    return z + first / n + second / (n * n) + third / (n * n * n)
  }

  /// A share of `count` trials with Wilson's 95 % interval.
  static func share(_ share: Double, of count: Int) -> Measure {
    guard count > 0 else { return Measure(mean: share) }
    let (z, n) = (1.959964, Double(count))
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return Measure(
      mean: share, low: max(0, middle - half), high: min(1, middle + half))
  }
}

/// Whether two measures differ by more than chance.
enum Contrast: Sendable, Equatable {
  /// By more than the intervals allow.
  case clear
  /// Within noise.
  case within
  /// An interval is missing.
  case unknown

  /// The difference against √(h₁² + h₂²), h being each interval's half towards the other: where the
  /// errors are independent that is the half width of the difference's own interval. Rows of the same
  /// images have errors in common, for which it is too wide: what it calls clear is.
  init(_ a: Measure, _ b: Measure) {
    let (upper, lower) = a.mean >= b.mean ? (a, b) : (b, a)
    guard let low = upper.low, let high = lower.high else {
      self = .unknown
      return
    }
    let (h1, h2) = (upper.mean - low, high - lower.mean)
    self = upper.mean - lower.mean > (h1 * h1 + h2 * h2).squareRoot() ? .clear : .within
  }

  /// A paired difference's own interval.
  init(difference: Measure) {
    guard let low = difference.low, let high = difference.high else {
      self = .unknown
      return
    }
    self = low > 0 || high < 0 ? .clear : .within
  }
}
