import Foundation
import JEPADensity
import JEPATensor

extension MixturePrediction {
  /// Per row, at most `limit` modes of the density, the heaviest first.
  ///
  /// A mixture per vector is climbed from every component's mean, and what arrives within a twentieth of
  /// a standard deviation is one mode; its weight is that of the components that lead to it. A mixture
  /// of Gaussians in two or more dimensions may have a mode that no mean leads to; such are rare and
  /// are not found. A row whose parameters are not finite has none. With a mixture per coordinate, each coordinate's modes are found so, and a mode of
  /// the vector is one of each: its weight is the product of theirs, and the heaviest products are
  /// listed.
  public func modes(limit: Int) -> [[Mode]] {
    require(limit >= 0, "MixturePrediction.modes: limit \(limit) is negative")
    let (count, width, rank) = (components, dimensions, rawFactors?.shape[2] ?? 0)
    let weights = weights.doubles()
    let means = means.doubles()
    let scales = scales.doubles()
    let factors = factors?.doubles() ?? []
    let (kind, dtype, rows) = (kind, dtype, rows)
    return parallelMap(rows) { row in
      let values = row * count * width..<(row + 1) * count * width
      let shares = row * weights.count / rows..<(row + 1) * weights.count / rows
      let loadings = values.lowerBound * rank..<values.upperBound * rank
      let parameters = [weights[shares], means[values], scales[values], factors[loadings]]
      guard parameters.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return [] }
      if kind == .coordinate {
        let coordinates = (0..<width).map { d in
          let places = stride(from: values.lowerBound + d, to: values.upperBound, by: width)
          return GaussianMixtureRow(
            weights: places.map { weights[$0] }, means: places.map { means[$0] },
            scales: places.map { scales[$0] }
          ).peaks()
        }
        return Self.heaviestProducts(of: coordinates, limit: limit, dtype)
      }
      let mixture = GaussianMixtureRow(
        weights: Array(weights[shares]), means: Array(means[values]),
        scales: Array(scales[values]), factors: Array(factors[loadings]))
      return mixture.peaks().prefix(limit).map {
        Mode(
          location: Tensor($0.location, shape: [width], dtype: dtype), weight: $0.weight,
          logDensity: $0.logDensity)
      }
    }
  }

  /// The `limit` heaviest choices of one peak per coordinate. Those of the first d + 1 coordinates
  /// extend some of those of the first d, so that no more need be kept on the way.
  private static func heaviestProducts(
    of coordinates: [[GaussianMixtureRow.Peak]], limit: Int, _ dtype: DType
  ) -> [Mode] {
    var logWeights = limit > 0 ? [0.0] : []
    /// Per coordinate: which choice was extended, by which peak.
    var steps: [[(previous: Int, peak: Int)]] = []
    for peaks in coordinates {
      var extended: [(logWeight: Double, previous: Int, peak: Int)] = []
      for (previous, logWeight) in logWeights.enumerated() {
        for (index, peak) in peaks.enumerated() {
          extended.append((logWeight + log(peak.weight), previous, index))
        }
      }
      extended.sort {
        $0.logWeight != $1.logWeight
          ? $0.logWeight > $1.logWeight : ($0.previous, $0.peak) < ($1.previous, $1.peak)
      }
      let kept = extended.prefix(limit)
      logWeights = kept.map(\.logWeight)
      steps.append(kept.map { ($0.previous, $0.peak) })
    }
    return logWeights.indices.map { end in
      var location = [Double](repeating: 0, count: coordinates.count)
      var (place, logDensity) = (end, 0.0)
      for d in coordinates.indices.reversed() {
        let peak = coordinates[d][steps[d][place].peak]
        location[d] = peak.location[0]
        logDensity += peak.logDensity
        place = steps[d][place].previous
      }
      return Mode(
        location: Tensor(location, shape: [location.count], dtype: dtype),
        weight: exp(logWeights[end]), logDensity: logDensity)
    }
  }
}
