import JEPAData
import JEPADensity
import JEPATensor

/// How well found modes agree with the true ones, pooled over rows.
///
/// A found mode belongs to the true mode whose ridge is nearest, and is at it if it lies within that
/// mode's radius.
public struct ModeAgreement: Sendable, Equatable {
  /// True modes.
  public let trueCount: Int
  /// True modes at which some mode was found.
  public let foundCount: Int
  /// Modes reported that are at no true mode.
  public let spuriousCount: Int
  /// Half the sum of |found − true weight| over the true modes and, as one more class, all that is at
  /// none; the mean over rows, from 0 to 1.
  public let weightDistance: Double

  /// Part of the true modes found, 0 to 1; 1 where there are none.
  public var recall: Double {
    trueCount == 0 ? 1 : Double(foundCount) / Double(trueCount)
  }

  /// Whether every mode was found and nothing else.
  public var isExact: Bool { foundCount == trueCount && spuriousCount == 0 }

  /// - Parameters:
  ///   - found: per row, modes of a prediction.
  ///   - truth: per row, the modes of the true density.
  public init(found: [[Mode]], truth: [[ToyMode]]) {
    require(
      found.count == truth.count,
      "ModeAgreement: \(found.count) rows of modes for \(truth.count) rows of truth")
    var (trueCount, foundCount, spuriousCount, distance) = (0, 0, 0, 0.0)
    for (modes, truth) in zip(found, truth) {
      var weights = [Double](repeating: 0, count: truth.count)
      var hits = [Bool](repeating: false, count: truth.count)
      var elsewhere = 0.0
      for mode in modes {
        let location = mode.location.doubles()
        let distances = truth.map { $0.distance(to: location) }
        let nearest = distances.indices.min { distances[$0] < distances[$1] }
        if let nearest, distances[nearest] <= truth[nearest].radius {
          weights[nearest] += mode.weight
          hits[nearest] = true
        } else {
          spuriousCount += 1
          elsewhere += mode.weight
        }
      }
      trueCount += truth.count
      foundCount += hits.filter(\.self).count
      distance += zip(weights, truth).reduce(elsewhere) { $0 + abs($1.0 - $1.1.weight) } / 2
    }
    self.trueCount = trueCount
    self.foundCount = foundCount
    self.spuriousCount = spuriousCount
    weightDistance = found.isEmpty ? 0 : distance / Double(found.count)
  }
}

extension ModeAgreement: CustomStringConvertible {
  /// "15 of 15 modes found, 0 spurious, weights off by 0.021".
  public var description: String {
    let thousandths = Int((weightDistance * 1000).rounded())
    let digits = String(1000 + thousandths % 1000).dropFirst()
    return "\(foundCount) of \(trueCount) modes found, \(spuriousCount) spurious, "
      + "weights off by \(thousandths / 1000).\(digits)"
  }
}
