import Foundation
import JEPATensor

/// Values in rising order, grouped where they are equal: what rank statistics need, worked out once for
/// any number of resamples.
struct RankOrder: Sendable {
  /// Positions of the values, rising.
  let order: [Int]
  /// Per position of a value, the number of its group of equal values, rising from 0.
  let group: [Int]
  let groupCount: Int

  init(_ values: [Double]) {
    order = values.indices.sorted { values[$0] < values[$1] }
    var group = [Int](repeating: 0, count: values.count)
    var current = -1
    var last = Double.nan
    for index in order {
      if values[index] != last { current += 1 }
      last = values[index]
      group[index] = current
    }
    self.group = group
    groupCount = current + 1
  }

  /// The rank that each group's members share (their mean rank, from 1) where each value counts
  /// `weights` times.
  func midranks(_ weights: [Double]) -> [Double] {
    var totals = [Double](repeating: 0, count: groupCount)
    for (index, group) in group.enumerated() { totals[group] += weights[index] }
    var below = 0.0
    return totals.map { total in
      defer { below += total }
      return below + (total + 1) / 2
    }
  }
}

/// Spearman's rank correlation: Pearson's correlation of the ranks, where equal values share the mean of
/// their ranks.
public struct SpearmanCorrelation: Sendable {
  private let x: RankOrder
  private let y: RankOrder

  /// - Parameters: as many x as y, all finite.
  public init(_ x: [Double], _ y: [Double]) {
    require(x.count == y.count, "SpearmanCorrelation: \(x.count) and \(y.count) values")
    self.x = RankOrder(x)
    self.y = RankOrder(y)
  }

  /// From −1 to 1; NaN where one side has no two different values.
  public var value: Double { value(weights: Array(repeating: 1, count: x.group.count)) }

  /// The correlation where each pair counts `weights` times.
  func value(weights: [Double]) -> Double {
    let (ranksX, ranksY) = (x.midranks(weights), y.midranks(weights))
    let total = weights.reduce(0, +)
    // Ranks of W values, ties or not, have the mean (W + 1) / 2.
    let mean = (total + 1) / 2
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for index in weights.indices where weights[index] > 0 {
      let (a, b) = (ranksX[x.group[index]] - mean, ranksY[y.group[index]] - mean)
      xx += weights[index] * a * a
      yy += weights[index] * b * b
      xy += weights[index] * a * b
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
  }
}

/// The area under the receiver operating characteristic, as Mann and Whitney's probability that a
/// positive's score is above a negative's, where equal scores count half.
public struct ROCArea: Sendable {
  private let scores: RankOrder
  private let negatives: Int

  /// - Parameters: scores of both kinds, finite.
  public init(negatives: [Double], positives: [Double]) {
    scores = RankOrder(negatives + positives)
    self.negatives = negatives.count
  }

  /// From 0 to 1; NaN where one kind is missing.
  public var value: Double {
    value(
      negativeWeights: Array(repeating: 1, count: negatives),
      positiveWeights: Array(repeating: 1, count: scores.group.count - negatives))
  }

  func value(negativeWeights: [Double], positiveWeights: [Double]) -> Double {
    var below = [Double](repeating: 0, count: scores.groupCount)
    var above = below
    for (index, weight) in negativeWeights.enumerated() { below[scores.group[index]] += weight }
    for (index, weight) in positiveWeights.enumerated() {
      above[scores.group[negatives + index]] += weight
    }
    var (wins, passed) = (0.0, 0.0)
    for (negative, positive) in zip(below, above) {
      wins += positive * (passed + negative / 2)
      passed += negative
    }
    return wins / (passed * above.reduce(0, +))
  }
}
