import Foundation
import JEPADensity
import JEPATensor

/// Mean shift over the samples of one row, in units of the bandwidth and relative to their mean.
struct MeanShift {
  private let settings: ModeFinder
  private let center: Tensor  // [1, D]
  private let bandwidth: Double
  /// [M, D], centred and divided by the bandwidth.
  private let points: Tensor
  /// −|x|²/2, [1, M].
  private let halfSquares: Tensor

  /// - Parameter samples: [M, D] in float32.
  init(samples: Tensor, settings: ModeFinder) {
    self.settings = settings
    center = samples.mean(axis: 0, keepingDimensions: true)
    let centered = samples - center
    switch settings.bandwidth {
    case .fixed(let width):
      require(width > 0, "ModeFinder: bandwidth \(width) is not positive")
      bandwidth = width
    case .share(let share):
      require(0 < share && share < 1, "ModeFinder: a share of \(share) under the kernel")
      bandwidth = Self.bandwidth(of: centered, share: share)
    }
    points = centered / bandwidth
    halfSquares = (points.square().sum(axis: 1) * -0.5).expanded(axis: 0)
  }

  /// Where each point climbs to, merged into modes.
  func modes(dtype: DType) -> [Mode] {
    let peaks = climbed()
    let merged = merge(peaks)
    let count = Double(points.shape[0])
    let width = Double(points.shape[1])
    // Of the density in the samples' units.
    let logScale = -width * log(bandwidth * (2 * Double.pi).squareRoot()) - log(count)
    return merged.map { peak in
      let location = peak.location * bandwidth + center
      return Mode(
        location: location.reshaped([points.shape[1]]).cast(to: dtype),
        weight: Double(peak.members) / count, logDensity: peak.logSum + logScale)
    }
  }

  // MARK: Climbing

  /// Where trajectories stand, and how many samples each stands for.
  private struct Trajectories {
    var positions: Tensor
    var members: [Int]
  }

  /// Moves the samples uphill. Every few steps, trajectories that have come within `joining`
  /// bandwidths of each other go on as one: their paths stay together from there.
  private func climbed() -> Trajectories {
    let joining = 0.1
    var moving = Trajectories(
      positions: points, members: Array(repeating: 1, count: points.shape[0]))
    for step in 1...500 {
      let moved = kernelWeights(at: moving.positions).weights
      let next = matmul(moved, points)
      let largest = (next - moving.positions).square().sum(axis: 1).doubles().max() ?? 0
      moving.positions = next
      let hasSettled = largest.squareRoot() < 1e-3
      if step % 4 == 0 || hasSettled { moving = joined(moving, within: joining) }
      if hasSettled { break }
    }
    return moving
  }

  /// Each trajectory joins the first one kept within `distance`.
  private func joined(_ trajectories: Trajectories, within distance: Double) -> Trajectories {
    let count = trajectories.members.count
    let squares = squaredDistances(trajectories.positions, trajectories.positions)
    var kept: [Int] = []
    var members: [Int] = []
    let limit = Float(distance * distance)
    squares.withUnsafeBytes { bytes in
      let values = bytes.bindMemory(to: Float.self)
      for index in 0..<count {
        if let group = kept.firstIndex(where: { values[index * count + $0] < limit }) {
          members[group] += trajectories.members[index]
        } else {
          kept.append(index)
          members.append(trajectories.members[index])
        }
      }
    }
    return Trajectories(positions: trajectories.positions.gatherRows(kept), members: members)
  }

  // MARK: The kernel estimate

  /// The kernels' normalised weights at each position [P, M], and log Σ exp(−|y − x|²/2) there.
  private func kernelWeights(at positions: Tensor) -> (weights: Tensor, logSums: [Double]) {
    let logits = matmul(positions, points, transposeB: true) + halfSquares
    let logSums =
      logits.logSumExp() - positions.square().sum(axis: 1) * 0.5
    return (logits.softmax(), logSums.doubles())
  }

  /// log Σ of the kernels and the number of them effectively behind it, at each position [P, D].
  private func estimate(at positions: Tensor) -> [(logSum: Double, effective: Double)] {
    let (weights, logSums) = kernelWeights(at: positions)
    let concentration = weights.square().sum(axis: 1).doubles()
    return zip(logSums, concentration).map { ($0, 1 / $1) }
  }

  // MARK: Merging

  private struct Peak {
    var location: Tensor  // [1, D]
    var members: Int
    var logSum: Double
    var effective: Double
  }

  /// Peaks in falling height; each either starts a mode or falls to the higher peak across its
  /// shallowest valley, if that is no deeper than noise. Light modes then go to the nearest.
  private func merge(_ trajectories: Trajectories) -> [Peak] {
    let estimates = estimate(at: trajectories.positions)
    let order = estimates.indices.sorted { estimates[$0].logSum > estimates[$1].logSum }
    let peaks = order.map { index in
      Peak(
        location: trajectories.positions.slice(axis: 0, index..<index + 1),
        members: trajectories.members[index], logSum: estimates[index].logSum,
        effective: estimates[index].effective)
    }
    let sorted = trajectories.positions.gatherRows(order)
    let squares = squaredDistances(sorted, sorted).doubles()
    // To which mode (by the index of its highest peak) each peak belongs.
    var owner = Array(peaks.indices)
    for index in peaks.indices.dropFirst() {
      let nearest = (0..<index).sorted {
        squares[index * peaks.count + $0] < squares[index * peaks.count + $1]
      }.prefix(8)
      if let target = higherPeak(above: index, of: peaks, among: Array(nearest)) {
        owner[index] = owner[target]
      }
    }
    var modes: [Int: Peak] = [:]
    for (index, peak) in peaks.enumerated() {
      if owner[index] == index {
        modes[index] = peak
      } else {
        modes[owner[index]]?.members += peak.members
      }
    }
    return absorbingLight(modes.sorted { $0.key < $1.key }.map(\.value))
  }

  /// The peak among `candidates`, all higher than `index`, across the shallowest valley; nil if all
  /// valleys are deep.
  private func higherPeak(above index: Int, of peaks: [Peak], among candidates: [Int]) -> Int? {
    let parts = stride(from: 0.1, to: 0.95, by: 0.1).map { $0 }
    let (start, peak) = (peaks[index].location, peaks[index])
    let positions = Tensor.concatenated(
      candidates.flatMap { candidate in
        parts.map { start + (peaks[candidate].location - start) * $0 }
      }, axis: 0)
    let estimates = estimate(at: positions)
    var best: (target: Int, excess: Double)?
    for (position, candidate) in candidates.enumerated() {
      let path = estimates[position * parts.count..<(position + 1) * parts.count]
      guard let valley = path.min(by: { $0.logSum < $1.logSum }) else { continue }
      let error = (1 / peak.effective + 1 / valley.effective).squareRoot()
      let allowed = max(settings.minimumDip, settings.significance * error)
      let excess = peak.logSum - valley.logSum - allowed
      if excess < best?.excess ?? 0 { best = (candidate, excess) }
    }
    return best?.target
  }

  /// Modes of too little weight count towards the nearest other; the heaviest first.
  private func absorbingLight(_ modes: [Peak]) -> [Peak] {
    let sorted = modes.sorted { $0.members > $1.members }
    let least = settings.minimumWeight * Double(points.shape[0])
    var kept = sorted.filter { Double($0.members) >= least }
    if kept.isEmpty { kept = Array(sorted.prefix(1)) }
    for light in sorted.dropFirst(kept.count) {
      let distances = kept.map { ($0.location - light.location).norm() }
      if let nearest = distances.indices.min(by: { distances[$0] < distances[$1] }) {
        kept[nearest].members += light.members
      }
    }
    return kept.sorted { $0.members > $1.members }
  }
}

// MARK: Bandwidth

extension MeanShift {
  /// |a − b|² between the rows of two matrices, never negative: [P, Q].
  private func squaredDistances(_ a: Tensor, _ b: Tensor) -> Tensor {
    Self.squaredDistances(a, b)
  }

  fileprivate static func squaredDistances(_ a: Tensor, _ b: Tensor) -> Tensor {
    let products = matmul(a, b, transposeB: true) * -2
    let squares = products + a.square().sum(axis: 1, keepingDimensions: true)
    return (squares + b.square().sum(axis: 1).expanded(axis: 0)).relu()
  }

  /// The h at which the median over some samples of (Σ w)² / Σ w², w = exp(−d²/2h²), is `share` of
  /// all samples. Bisection in log h.
  fileprivate static func bandwidth(of samples: Tensor, share: Double) -> Double {
    let count = samples.shape[0]
    let probes = min(count, 128)
    let chosen = (0..<probes).map { $0 * count / probes }
    let squares = squaredDistances(samples.gatherRows(chosen), samples)
    let largest = squares.doubles().max() ?? 0
    if largest <= 0 { return 1 }  // all samples are the same point
    // With one sample under each kernel and with all of them.
    var (low, high) = (largest.squareRoot() * 1e-5, largest.squareRoot() * 10)
    for _ in 0..<24 {
      let middle = (low * high).squareRoot()
      let weights = (squares * (-0.5 / (middle * middle))).exp()
      let effective =
        weights.sum(axis: 1).square() / weights.square().sum(axis: 1)
      let median = effective.doubles().sorted()[probes / 2]
      if median < share * Double(count) { low = middle } else { high = middle }
    }
    return (low * high).squareRoot()
  }
}
