import JEPATensor

/// How samples fall to the modes of a known truth.
struct ModeScores {
  /// Part of the modes asked for that enough samples are nearest to; NaN where none is asked for.
  let recall: Double
  /// The same with precise samples alone.
  let preciseRecall: Double
  /// Part of the samples that are within the radius of their nearest mode; NaN where the rule has no
  /// radius.
  let precision: Double
  /// ½ Σ |p̂ − p|, p̂ the share of samples nearest to each mode.
  let totalVariation: Double
  /// −Σ p̂ log p̂, in nats.
  let entropy: Double

  /// - Parameters:
  ///   - row: the samples.
  ///   - noise: σ of the truth.
  init(_ row: SampleRow, truth: TrueCompletions, noise: Double, rule: ModeRule) {
    let points = PaddedPoints(truth.embeddings, width: row.paddedDimensions)
    let nearest = points.withLanes { row.nearest(of: $0, count: truth.count) }
    let radius: Double? =
      switch rule.radius {
      case .halfLeastDistance: truth.leastDistance.map { $0 / 2 }
      case .noise(let multiple):
        multiple * noise * Double(truth.embeddings.shape[1]).squareRoot()
      }
    let m = Double(row.count)
    var assigned = [Double](repeating: 0, count: truth.count)
    var precise = assigned
    for (mode, distance) in nearest {
      assigned[mode] += 1
      if let radius, distance < radius { precise[mode] += 1 }
    }
    let total = precise.reduce(0, +)
    assigned = assigned.map { $0 / m }
    precise = precise.map { $0 / m }
    let asked = truth.probabilities.indices.filter {
      truth.probabilities[$0] >= rule.leastProbability
    }
    func recall(_ shares: [Double]) -> Double {
      let found = asked.filter { shares[$0] >= rule.leastShare * truth.probabilities[$0] }
      return asked.isEmpty ? .nan : Double(found.count) / Double(asked.count)
    }
    self.recall = recall(assigned)
    preciseRecall = radius == nil ? .nan : recall(precise)
    precision = radius == nil ? .nan : total / m
    totalVariation = zip(assigned, truth.probabilities).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    entropy = TrueCompletions.entropy(assigned)
  }
}

/// Points [K, D] in rows padded with zeros.
struct PaddedPoints {
  private let lanes: [SampleRow.Lanes]

  init(_ points: Tensor, width: Int) {
    let (count, d) = (points.shape[0], points.shape[1])
    let values = points.floats()
    var lanes = [SampleRow.Lanes](repeating: .zero, count: count * width / SampleRow.width)
    lanes.withUnsafeMutableBytes { bytes in
      let padded = bytes.bindMemory(to: Float.self)
      for point in 0..<count {
        for column in 0..<d { padded[point * width + column] = values[point * d + column] }
      }
    }
    self.lanes = lanes
  }

  func withLanes<R>(_ body: (UnsafePointer<SampleRow.Lanes>) -> R) -> R {
    lanes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("PaddedPoints: no points") }
      return body(base)
    }
  }
}
