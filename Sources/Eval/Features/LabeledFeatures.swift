import JEPATensor

/// One feature vector per image, with the image's class.
public struct LabeledFeatures: Sendable {
  /// [N, D].
  public let features: Tensor
  /// N classes, each 0 or more.
  public let labels: [Int]

  public init(features: Tensor, labels: [Int]) {
    require(
      features.rank == 2 && features.shape[0] == labels.count,
      "LabeledFeatures: features \(features.shape) with \(labels.count) labels")
    require(labels.allSatisfy { $0 >= 0 }, "LabeledFeatures: a label is negative")
    self.features = features.detached()
    self.labels = labels
  }

  public var count: Int { labels.count }
  public var dimensions: Int { features.shape[1] }

  /// The rows at `indices`.
  public func rows(_ indices: [Int]) -> LabeledFeatures {
    LabeledFeatures(features: features.gatherRows(indices), labels: indices.map { labels[$0] })
  }

  /// Cuts the rows into two parts, taking `fraction` of each class (rounded down, and never the last
  /// one) for the second.
  ///
  /// - Returns: row numbers, rising, that depend on the labels and `random` alone.
  public func stratifiedSplit(
    heldOut fraction: Double, using random: inout RandomSource
  ) -> (fit: [Int], heldOut: [Int]) {
    require(0 <= fraction && fraction < 1, "stratifiedSplit: fraction \(fraction)")
    var byClass: [Int: [Int]] = [:]
    for (row, label) in labels.enumerated() { byClass[label, default: []].append(row) }
    var (fit, heldOut): ([Int], [Int]) = ([], [])
    for (_, rows) in byClass.sorted(by: { $0.key < $1.key }) {
      let shuffled = random.permutation(rows.count).map { rows[$0] }
      let taken = min(Int(fraction * Double(rows.count)), rows.count - 1)
      heldOut += shuffled[..<taken]
      fit += shuffled[taken...]
    }
    return (fit.sorted(), heldOut.sorted())
  }

  /// The same part of each class's rows: `fraction` of them, rounded, and at least one.
  ///
  /// - Returns: row numbers, rising, that depend on the labels and `random` alone.
  public func stratifiedSample(
    _ fraction: Double, using random: inout RandomSource
  ) -> [Int] {
    require(0 < fraction && fraction <= 1, "stratifiedSample: fraction \(fraction)")
    var byClass: [Int: [Int]] = [:]
    for (row, label) in labels.enumerated() { byClass[label, default: []].append(row) }
    return byClass.sorted { $0.key < $1.key }.flatMap { _, rows in
      let count = max(1, Int((fraction * Double(rows.count)).rounded()))
      return random.permutation(rows.count).prefix(count).map { rows[$0] }
    }.sorted()
  }

  func check(_ name: String) throws {
    if count == 0 { throw EvaluationError.empty(name) }
    if !features.isFinite { throw EvaluationError.notFinite(name) }
  }
}

/// How often the true class is first, or among the first five, by score.
struct TopHits {
  private(set) var first = 0
  private(set) var firstFive = 0

  /// Counts one sample. Of classes with equal scores the lower one comes first; a class that scores
  /// `floor` or less is never a hit, nor is a label without a score.
  mutating func add(_ scores: UnsafeBufferPointer<Double>, label: Int, floor: Double) {
    guard scores.indices.contains(label), scores[label] > floor else { return }
    let own = scores[label]
    var ahead = 0
    for (index, score) in scores.enumerated() {
      if score > own || (score == own && index < label) { ahead += 1 }
    }
    if ahead == 0 { first += 1 }
    if ahead < 5 { firstFive += 1 }
  }

  static func + (a: TopHits, b: TopHits) -> TopHits {
    var sum = a
    sum.first += b.first
    sum.firstFive += b.firstFive
    return sum
  }
}
