import Foundation
import JEPATensor

/// A figure with its interval; parts that do not exist (as the interval of a single image) are nil.
public struct Estimate: Sendable, Equatable, Codable {
  public let value: Double?
  public let low: Double?
  public let high: Double?

  public init(value: Double, low: Double = .nan, high: Double = .nan) {
    self.value = value.isFinite ? value : nil
    let hasBounds = low.isFinite && high.isFinite
    self.low = hasBounds ? low : nil
    self.high = hasBounds ? high : nil
  }

  /// So many times the estimate; `scale` is above 0.
  func scaled(by scale: Double) -> Estimate {
    guard let value else { return self }
    return Estimate(
      value: value * scale, low: low.map { $0 * scale } ?? .nan,
      high: high.map { $0 * scale } ?? .nan)
  }
}

/// Percentile intervals by bootstrap over clusters (Davison & Hinkley 1997, §3.8): images are drawn with
/// replacement, each with all of its rows, since rows of one image are not independent of each other.
///
/// Draws are the same for every figure, so that a difference's interval is that of paired rows. With few
/// images the interval is too narrow, by about √((G − 1) / G) for G of them.
public struct ClusteredBootstrap: Sendable {
  public let resamples: Int
  /// The intervals' probability.
  public let confidence: Double
  /// G, the number of different clusters.
  public let clusterCount: Int
  /// Per row, its cluster from 0.
  let cluster: [Int]
  /// How often each resample drew each cluster, [resamples, G].
  private let draws: [UInt16]

  /// - Parameter clusters: per row, the image it belongs to, by any number.
  public init(
    clusters: [Int], resamples: Int = 1000, confidence: Double = 0.95, using random: RandomSource
  ) {
    require(resamples >= 1, "ClusteredBootstrap: \(resamples) resamples")
    require(
      confidence > 0 && confidence < 1, "ClusteredBootstrap: confidence \(confidence)")
    self.resamples = resamples
    self.confidence = confidence
    var numbers: [Int: Int] = [:]
    cluster = clusters.map { name in
      if let number = numbers[name] { return number }
      defer { numbers[name] = numbers.count }
      return numbers.count
    }
    let count = numbers.count
    clusterCount = count
    let parts = parallelMap(resamples) { resample -> [UInt16] in
      var source = random.split(resample)
      var times = [UInt16](repeating: 0, count: count)
      for _ in 0..<count { times[source.integer(below: count)] += 1 }
      return times
    }
    draws = Array(parts.joined())
  }

  /// How often a resample counts each row.
  private func rowWeights(_ resample: Int) -> [Double] {
    let start = resample * clusterCount
    return cluster.map { Double(draws[start + $0]) }
  }

  /// The mean over rows; rows that are NaN do not take part.
  public func mean(_ values: [Double]) -> Estimate {
    ratio(values, Array(repeating: 1, count: values.count))
  }

  /// Σ numerator / Σ denominator over rows, both of which must exist for a row to take part.
  public func ratio(_ numerator: [Double], _ denominator: [Double]) -> Estimate {
    require(
      numerator.count == cluster.count && denominator.count == cluster.count,
      "ClusteredBootstrap: \(numerator.count) values for \(cluster.count) rows")
    var above = [Double](repeating: 0, count: clusterCount)
    var below = above
    for (row, cluster) in cluster.enumerated() {
      let (a, b) = (numerator[row], denominator[row])
      if a.isNaN || b.isNaN { continue }
      above[cluster] += a
      below[cluster] += b
    }
    let replicates = (0..<resamples).map { resample -> Double in
      var (a, b) = (0.0, 0.0)
      let start = resample * clusterCount
      for index in 0..<clusterCount {
        let weight = Double(draws[start + index])
        a += weight * above[index]
        b += weight * below[index]
      }
      return a / b
    }
    return estimate(above.reduce(0, +) / below.reduce(0, +), replicates)
  }

  /// The mean difference of two columns of the same rows.
  public func meanDifference(_ values: [Double], _ others: [Double]) -> Estimate {
    require(
      values.count == others.count,
      "ClusteredBootstrap: \(values.count) values with \(others.count) others")
    return mean(zip(values, others).map { $0 - $1 })
  }

  /// Any figures of weighted rows: `statistic` is given how often each row counts.
  func estimates(_ statistic: @Sendable ([Double]) -> [Double]) -> [Estimate] {
    let whole = statistic(Array(repeating: 1, count: cluster.count))
    let replicates = parallelMap(resamples) { statistic(rowWeights($0)) }
    return whole.indices.map { index in
      estimate(whole[index], replicates.map { $0[index] })
    }
  }

  /// A figure of the rows of two sets, drawn independently of each other.
  func estimate(
    with other: ClusteredBootstrap, _ statistic: @Sendable ([Double], [Double]) -> Double
  ) -> Estimate {
    require(
      other.resamples == resamples,
      "ClusteredBootstrap: \(resamples) resamples with \(other.resamples)")
    let replicates = parallelMap(resamples) { statistic(rowWeights($0), other.rowWeights($0)) }
    let whole = statistic(
      Array(repeating: 1, count: cluster.count), Array(repeating: 1, count: other.cluster.count))
    return estimate(whole, replicates, isKnown: other.clusterCount > 1)
  }

  /// Resamples in which the figure does not exist are left out; without two clusters there is no
  /// interval.
  private func estimate(_ value: Double, _ replicates: [Double], isKnown: Bool = true) -> Estimate {
    let sorted = replicates.filter(\.isFinite).sorted()
    guard isKnown, clusterCount > 1, !sorted.isEmpty else { return Estimate(value: value) }
    let tail = (1 - confidence) / 2
    return Estimate(
      value: value, low: sorted.sortedQuantile(tail), high: sorted.sortedQuantile(1 - tail))
  }
}

extension [Double] {
  /// The quantile of sorted values, between neighbours linearly; NaN of none.
  func sortedQuantile(_ fraction: Double) -> Double {
    guard let last else { return .nan }
    let position = fraction * Double(count - 1)
    let lower = Int(position)
    guard lower + 1 < count else { return last }
    return self[lower] + (position - Double(lower)) * (self[lower + 1] - self[lower])
  }
}
