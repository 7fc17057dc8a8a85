import JEPATensor

/// How the error of what is kept falls when the most uncertain rows are given up.
///
/// With rows in rising uncertainty, risk(k) is the mean error of the first k; the curve is risk over
/// coverage k / n, and its area the mean of risk(k) over k = 1 … n (Geifman, Uziel & El-Yaniv 2019).
/// Rows of equal uncertainty come in random order, of which the expectation is taken: each counts with
/// the mean error of its equals.
public struct RiskCoverage: Sendable {
  private let errors: [Double]
  private let uncertainty: RankOrder
  private let oracle: RankOrder

  /// - Parameters: one finite error and uncertainty for each row.
  public init(errors: [Double], uncertainty: [Double]) {
    require(
      errors.count == uncertainty.count && !errors.isEmpty,
      "RiskCoverage: \(errors.count) errors with \(uncertainty.count) uncertainties")
    self.errors = errors
    self.uncertainty = RankOrder(uncertainty)
    oracle = RankOrder(errors)
  }

  /// Areas under the curve: of the uncertainty, of the oracle that knows the errors, and of a random
  /// order, which is the mean error.
  public struct Areas: Sendable, Equatable {
    public let area: Double
    public let oracle: Double
    public let random: Double
    /// `area` less `oracle`; 0 is best.
    public var excess: Double { area - oracle }
    /// The prediction rejection ratio (Malinin et al. 2021): 1 as good as the oracle, 0 no better than
    /// chance, below 0 misleading. NaN where all errors are equal.
    public var rejectionRatio: Double {
      random > oracle ? (random - area) / (random - oracle) : .nan
    }
  }

  public var areas: Areas { areas(weights: Array(repeating: 1, count: errors.count)) }

  /// Where each row counts `weights` times, whole numbers.
  func areas(weights: [Double]) -> Areas {
    let total = weights.reduce(0, +)
    var sum = 0.0
    for index in errors.indices { sum += weights[index] * errors[index] }
    return Areas(
      area: area(uncertainty, weights), oracle: area(oracle, weights), random: sum / total)
  }

  /// The mean error of the `share` of rows that are least uncertain, at each share of (0, 1].
  public func risks(at shares: [Double]) -> [Double] {
    let groups = grouped(uncertainty, Array(repeating: 1, count: errors.count))
    return shares.map { share in
      let wanted = max(1, (share * Double(errors.count)).rounded())
      var (count, sum) = (0.0, 0.0)
      for group in groups {
        let taken = min(group.count, wanted - count)
        sum += taken * group.mean
        count += taken
        if count >= wanted { break }
      }
      return sum / count
    }
  }

  private func grouped(
    _ order: RankOrder, _ weights: [Double]
  ) -> [(count: Double, mean: Double)] {
    var counts = [Double](repeating: 0, count: order.groupCount)
    var sums = counts
    for (index, group) in order.group.enumerated() {
      counts[group] += weights[index]
      sums[group] += weights[index] * errors[index]
    }
    return zip(counts, sums).compactMap { $0 > 0 ? ($0, $1 / $0) : nil }
  }

  private func area(_ order: RankOrder, _ weights: [Double]) -> Double {
    var (count, sum, area) = (0.0, 0.0, 0.0)
    for group in grouped(order, weights) {
      for _ in 0..<Int(group.count) {
        count += 1
        sum += group.mean
        area += sum / count
      }
    }
    return area / count
  }
}
