import JEPATensor

extension GaussianMixtureRow {
  /// A stationary point that draws its surroundings in.
  struct Peak {
    var location: [Double]
    var weight: Double
    var logDensity: Double
    /// Σₖ P(k | location) / σₖ²: what distances around it are measured by.
    var precisions: [Double]
  }

  /// Step, in units of σ, below which iterations stop; modes closer than `merging` are one.
  private static let (tolerance, merging) = (1e-7, 0.05)
  private static let iterations = 1_000

  /// The mixture's modes, the heaviest first, by the fixed-point iteration of Carreira-Perpiñán
  /// (2000, "Mode-finding for mixtures of Gaussian distributions") from every component's mean:
  /// x ← (Σₖ rₖ Σₖ⁻¹)⁻¹ Σₖ rₖ Σₖ⁻¹ μₖ with rₖ = P(k | x), which never lowers the density.
  ///
  /// A mode's weight is that of the components whose means lead to it. From a mean that lies on a
  /// saddle or a minimum (by symmetry, say) iterations would not move, so that each ends once more
  /// from beside where it stopped.
  func peaks() -> [Peak] {
    var found: [Peak] = []
    let order = (0..<components).sorted {
      weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1
    }
    let beside = RandomSource(seed: 0)
    for k in order where weights[k] > 0 {
      var peak = climb(from: Array(means[k * dimensions..<(k + 1) * dimensions]))
      var random = beside.split(k)
      let length = 0.02 / Double(dimensions).squareRoot()
      for d in 0..<dimensions {
        peak.location[d] += length * random.normal() / peak.precisions[d].squareRoot()
      }
      peak = climb(from: peak.location)
      peak.weight = weights[k]
      if let near = found.firstIndex(where: { distance($0, peak) < Self.merging }) {
        peak.weight += found[near].weight
        found[near].weight = peak.weight
        if peak.logDensity > found[near].logDensity { found[near] = peak }
      } else {
        found.append(peak)
      }
    }
    return found.enumerated().sorted {
      $0.element.weight != $1.element.weight
        ? $0.element.weight > $1.element.weight : $0.offset < $1.offset
    }.map(\.element)
  }

  private func distance(_ a: Peak, _ b: Peak) -> Double {
    var sum = 0.0
    for d in 0..<dimensions {
      let gap = a.location[d] - b.location[d]
      sum += gap * gap * a.precisions[d]
    }
    return sum.squareRoot()
  }

  private func climb(from start: [Double]) -> Peak {
    var x = start
    var responsibilities = weights
    var step = [Double](repeating: 0, count: dimensions)
    var total = step
    for _ in 0..<Self.iterations {
      _ = logDensity(at: x, responsibilities: &responsibilities)
      fixedPointStep(at: x, responsibilities, &step, &total)
      var square = 0.0
      for d in 0..<dimensions {
        x[d] += step[d]
        square += step[d] * step[d] * total[d]
      }
      if square < Self.tolerance * Self.tolerance { break }
    }
    let density = logDensity(at: x, responsibilities: &responsibilities)
    return Peak(location: x, weight: 0, logDensity: density, precisions: total)
  }

  /// (Σ rₖ Σₖ⁻¹)⁻¹ Σ rₖ Σₖ⁻¹ (μₖ − x); `total` receives the diagonal A = Σ rₖ / σₖ².
  ///
  /// With factors the sum of precisions is A − Wᵀ W, W of the rows √rₖ Gₖ, and its inverse is
  /// A⁻¹ + A⁻¹ Wᵀ (I − W A⁻¹ Wᵀ)⁻¹ W A⁻¹ (Woodbury).
  private func fixedPointStep(
    at x: [Double], _ responsibilities: [Double], _ step: inout [Double], _ total: inout [Double]
  ) {
    for d in 0..<dimensions { (step[d], total[d]) = (0, 0) }
    for k in 0..<components where responsibilities[k] > 0 {
      for d in 0..<dimensions {
        let precision = responsibilities[k] * precisions[k * dimensions + d]
        total[d] += precision
        step[d] += precision * (means[k * dimensions + d] - x[d])
      }
      for j in 0..<rank {
        let projection = responsibilities[k] * projected(x, on: j, of: k)
        let start = (k * rank + j) * dimensions
        for d in 0..<dimensions { step[d] += downdates[start + d] * projection }
      }
    }
    for d in 0..<dimensions { step[d] /= total[d] }
    if rank > 0 { addWoodbury(responsibilities, &step, total) }
  }

  /// Adds A⁻¹ Wᵀ (I − W A⁻¹ Wᵀ)⁻¹ W `step`. Without it the step is shorter but still uphill, since
  /// A ⪰ Σ rₖ Σₖ⁻¹; so it is left out where rounding has spoilt the matrix.
  private func addWoodbury(
    _ responsibilities: [Double], _ step: inout [Double], _ total: [Double]
  ) {
    let active = (0..<components).filter { responsibilities[$0] > 1e-12 }
    let rows = active.flatMap { k in
      (0..<rank).map {
        (start: (k * rank + $0) * dimensions, root: responsibilities[k].squareRoot())
      }
    }
    var matrix = [Double](repeating: 0, count: rows.count * rows.count)
    var side = [Double](repeating: 0, count: rows.count)
    for (i, a) in rows.enumerated() {
      var sum = 0.0
      for d in 0..<dimensions { sum += downdates[a.start + d] * step[d] }
      side[i] = a.root * sum
      for (j, b) in rows[...i].enumerated() {
        var product = 0.0
        for d in 0..<dimensions {
          product += downdates[a.start + d] * downdates[b.start + d] / total[d]
        }
        matrix[i * rows.count + j] = (i == j ? 1 : 0) - a.root * b.root * product
      }
    }
    guard SmallCholesky.factor(&matrix, rows.count) else { return }
    SmallCholesky.solve(matrix, &side)
    for (i, a) in rows.enumerated() {
      let scale = a.root * side[i]
      for d in 0..<dimensions { step[d] += downdates[a.start + d] * scale / total[d] }
    }
  }
}
