import Foundation
import JEPATensor

/// A mode of a known density, as the set on which the density is greatest: a point, an interval or a
/// curve.
///
/// A uniform piece and a moon have no single highest point, so that "the mode was found" means here
/// that a point near the ridge was.
public struct ToyMode: Sendable {
  /// The ridge's points, a polyline; a single point for an isolated maximum. Each has D coordinates.
  public let ridge: [[Double]]
  /// The probability mass around the ridge.
  public let weight: Double
  /// A point no farther than this from the ridge counts as being at the mode.
  public let radius: Double

  public init(ridge: [[Double]], weight: Double, radius: Double) {
    require(!ridge.isEmpty, "ToyMode: a ridge without points")
    self.ridge = ridge
    self.weight = weight
    self.radius = radius
  }

  /// The point half-way along the ridge.
  public var location: [Double] {
    let lengths = zip(ridge, ridge.dropFirst()).map { Self.distance($0, $1) }
    var rest = lengths.reduce(0, +) / 2
    for (index, length) in lengths.enumerated() {
      if rest <= length {
        let part = length > 0 ? rest / length : 0
        return zip(ridge[index], ridge[index + 1]).map { $0 + part * ($1 - $0) }
      }
      rest -= length
    }
    return ridge[ridge.count - 1]
  }

  /// The Euclidean distance from `point` to the ridge.
  public func distance(to point: [Double]) -> Double {
    require(
      point.count == ridge[0].count,
      "ToyMode.distance: a point of \(point.count) coordinates to a ridge of \(ridge[0].count)")
    var least = Self.distance(point, ridge[0])
    for (a, b) in zip(ridge, ridge.dropFirst()) {
      let along = zip(a, b).map { $1 - $0 }
      let square = along.reduce(0) { $0 + $1 * $1 }
      let offset = zip(point, a).map { $0 - $1 }
      let product = zip(along, offset).reduce(0) { $0 + $1.0 * $1.1 }
      let part = square > 0 ? min(max(product / square, 0), 1) : 0
      least = min(least, Self.distance(point, zip(a, along).map { $0 + part * $1 }))
    }
    return least
  }

  /// Whether `point` is at this mode.
  public func contains(_ point: [Double]) -> Bool { distance(to: point) <= radius }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }
}
