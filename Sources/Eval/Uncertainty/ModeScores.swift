import JEPATensor

/// How samples fall to the modes of a known truth.
///
/// Every sample has one of these outcomes: a completion that is possible, one that is not (an
/// alternative), or elsewhere. It is at the nearest of those points if it lies within the rule's radius
/// of it, both measured in the ``ModePlane``. All figures are of the shares q of the outcomes.
struct ModeScores {
  /// Part of the modes asked for to which enough samples fall; NaN where none is asked for.
  let recall: Double
  /// Part of the samples that fall to a possible completion.
  let precision: Double
  /// ½ Σ |q − p| over all outcomes, p being 0 but for the possible completions.
  let totalVariation: Double
  /// −Σ q log q over all outcomes, in nats.
  let entropy: Double

  /// Where there is only one point, nothing can be told apart: all but the entropy, 0, is NaN.
  ///
  /// - Parameters:
  ///   - samples: the row's first draw; the others follow `stride` numbers apart.
  ///   - noise: σ of the truth.
  init(
    samples: UnsafePointer<Float>, stride: Int, count: Int, truth: TrueCompletions, noise: Double,
    rule: ModeRule
  ) {
    let plane = ModePlane(truth)
    guard let leastDistance = truth.leastDistance, plane.dimensions > 0 else {
      (recall, precision, totalVariation, entropy) = (.nan, .nan, .nan, 0)
      return
    }
    let radius =
      switch rule.radius {
      case .leastDistance(let part): part * leastDistance
      case .noise(let multiple): multiple * noise * Double(plane.dimensions).squareRoot()
      }
    let modes = truth.count
    // The last is elsewhere.
    var shares = [Double](repeating: 0, count: plane.points.count + 1)
    for index in 0..<count {
      let (nearest, distance) = plane.nearest(to: samples + index * stride)
      shares[distance <= radius ? nearest : plane.points.count] += 1 / Double(count)
    }
    let possible = shares[..<modes]
    let asked = truth.probabilities.indices.filter {
      truth.probabilities[$0] >= rule.leastProbability
    }
    let found = asked.count { possible[$0] >= rule.leastShare * truth.probabilities[$0] }
    recall = asked.isEmpty ? .nan : Double(found) / Double(asked.count)
    precision = possible.reduce(0, +)
    let misplaced = zip(possible, truth.probabilities).reduce(0) { $0 + abs($1.0 - $1.1) }
    totalVariation = (misplaced + shares[modes...].reduce(0, +)) / 2
    entropy = TrueCompletions.entropy(shares)
  }
}

/// The affine hull of a row's completions and alternatives, in which they are told apart: K + A points
/// span at most K + A − 1 dimensions. At right angles to it all points are equally far, so that which is
/// nearest is the same as in the whole space, while a distance is not swamped by the noise of the D − r
/// coordinates in which the points agree.
struct ModePlane {
  /// The points' coordinates [K + A][r], completions first.
  let points: [[Double]]
  /// r orthonormal directions, [r][D].
  private let basis: [[Double]]
  private let origin: [Double]

  /// r.
  var dimensions: Int { basis.count }

  init(_ truth: TrueCompletions) {
    let places = truth.places
    let origin = places[0]
    var basis: [[Double]] = []
    let offsets = places.map { place in zip(place, origin).map { $0 - $1 } }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let longest = offsets.map { dot($0, $0) }.max() ?? 0
    for offset in offsets {
      // Gram and Schmidt, twice, so that rounding does not tilt the directions.
      var rest = offset
      for _ in 0..<2 {
        for direction in basis {
          let part = dot(rest, direction)
          for i in rest.indices { rest[i] -= part * direction[i] }
        }
      }
      let square = dot(rest, rest)
      guard square > 1e-12 * longest else { continue }
      basis.append(rest.map { $0 / square.squareRoot() })
    }
    self.basis = basis
    self.origin = origin
    points = offsets.map { offset in basis.map { dot(offset, $0) } }
  }

  /// The nearest point of `x` [D], and its distance within the plane.
  func nearest(to x: UnsafePointer<Float>) -> (index: Int, distance: Double) {
    let place = basis.map { direction -> Double in
      var sum = 0.0
      for i in direction.indices { sum += (Double(x[i]) - origin[i]) * direction[i] }
      return sum
    }
    var best = (index: 0, distance: Double.infinity)
    for (index, point) in points.enumerated() {
      let square = zip(place, point).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      if square < best.distance { best = (index, square) }
    }
    return (best.index, best.distance.squareRoot())
  }
}
