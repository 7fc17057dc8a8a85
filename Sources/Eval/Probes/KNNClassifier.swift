import Foundation
import JEPATensor

/// Classification of features by their nearest neighbours, without training.
///
/// The k training features of the largest cosine similarity vote for their classes with weight
/// exp(similarity / temperature) (Wu et al. 2018, "Unsupervised feature learning via non-parametric
/// instance discrimination", section 3.4; as DINO reports it). Of equal similarities the earlier row
/// counts as nearer; of equal votes the lower class wins.
public struct KNNClassifier: Sendable {
  public var k: Int
  public var temperature: Double

  public init(k: Int = 20, temperature: Double = 0.07) {
    require(k > 0, "KNNClassifier: k \(k) is not positive")
    require(temperature > 0, "KNNClassifier: temperature \(temperature) is not positive")
    self.k = k
    self.temperature = temperature
  }

  /// What ``evaluate(_:train:)`` found.
  public struct Result: Sendable, Codable, Equatable {
    public let k: Int
    public let temperature: Double
    public let trainCount: Int
    public let queryCount: Int
    /// Part of the queries, 0 to 1, whose class has the most votes.
    public let top1: Double
    /// Part of the queries whose class is among the five with the most votes, and has some.
    public let top5: Double
  }

  /// Classifies labelled queries and compares.
  ///
  /// - Throws: ``EvaluationError`` if there are no rows, or numbers that are not finite.
  public func evaluate(_ queries: LabeledFeatures, train: LabeledFeatures) throws -> Result {
    try queries.check("query features")
    let hits = try votes(of: queries.features, train: train) { votes, row in
      var hits = TopHits()
      hits.add(votes, label: queries.labels[row], floor: 0)
      return hits
    }.reduce(TopHits(), +)
    return Result(
      k: min(k, train.count), temperature: temperature, trainCount: train.count,
      queryCount: queries.count, top1: Double(hits.first) / Double(queries.count),
      top5: Double(hits.firstFive) / Double(queries.count))
  }

  /// The class of each row of `queries` [Q, D].
  ///
  /// - Throws: ``EvaluationError`` if there are no training rows, or numbers that are not finite.
  public func classify(_ queries: Tensor, train: LabeledFeatures) throws -> [Int] {
    if !queries.isFinite { throw EvaluationError.notFinite("query features") }
    return try votes(of: queries, train: train) { votes, _ in
      votes.indices.reduce(0) { votes[$1] > votes[$0] ? $1 : $0 }
    }
  }

  /// `body(votes by class, row)` for each query. Queries are taken in chunks, and training rows in
  /// blocks that stay in the cache.
  private func votes<T: Sendable>(
    of queries: Tensor, train: LabeledFeatures,
    _ body: @Sendable (UnsafeBufferPointer<Double>, Int) -> T
  ) throws -> [T] {
    try train.check("training features")
    require(
      queries.rank == 2 && queries.shape[1] == train.dimensions,
      "KNNClassifier: queries \(queries.shape) for training features \(train.features.shape)")
    let (queryCount, chunk, blockSize) = (queries.shape[0], 128, 2048)
    let normalizedQueries = Self.normalized(queries)
    let keys = Self.normalized(train.features)
    let blocks = stride(from: 0, to: train.count, by: blockSize).map {
      (first: $0, keys: keys.slice(axis: 0, $0..<min($0 + blockSize, train.count)))
    }
    let (neighbors, classCount) = (min(k, train.count), (train.labels.max() ?? 0) + 1)
    let labels = train.labels
    return parallelMap((queryCount + chunk - 1) / chunk) { index -> [T] in
      let rows = index * chunk..<min((index + 1) * chunk, queryCount)
      let block = normalizedQueries.slice(axis: 0, rows)
      var nearest = rows.map { _ in NearestNeighbors(count: neighbors) }
      for (first, keys) in blocks {
        let similarities = matmul(block, keys, transposeB: true)
        similarities.withUnsafeBytes { bytes in
          let values = bytes.bindMemory(to: Float.self)
          let width = keys.shape[0]
          for row in nearest.indices {
            nearest[row].offer(
              UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width]),
              firstIndex: first)
          }
        }
      }
      return zip(rows, nearest).map { row, nearest in
        var votes = [Double](repeating: 0, count: classCount)
        for (similarity, neighbor) in zip(nearest.similarities, nearest.indices) {
          // Relative to the nearest, so that no temperature overflows; the order is the same.
          votes[labels[neighbor]] += exp(
            Double(similarity - nearest.similarities[0]) / temperature)
        }
        return votes.withUnsafeBufferPointer { body($0, row) }
      }
    }.flatMap(\.self)
  }

  /// Rows of length 1; a row of zeros stays, and is equally far from everything.
  private static func normalized(_ features: Tensor) -> Tensor {
    let width = features.shape[1]
    let values = features.doubles()
    return Tensor(shape: features.shape, dtype: .float32) { bytes in
      let result = bytes.bindMemory(to: Float.self)
      values.withUnsafeBufferPointer { values in
        for start in stride(from: 0, to: values.count, by: max(width, 1)) {
          let row = start..<start + width
          let largest = row.reduce(0) { max($0, abs(values[$1])) }
          if largest == 0 {
            for i in row { result[i] = 0 }
            continue
          }
          var squares = 0.0
          for i in row { squares += (values[i] / largest) * (values[i] / largest) }
          let scale = 1 / squares.squareRoot()
          for i in row { result[i] = Float(values[i] / largest * scale) }
        }
      }
    }
  }
}

/// The largest similarities seen so far, falling, and where they were.
struct NearestNeighbors {
  private(set) var similarities: [Float] = []
  private(set) var indices: [Int] = []
  private let count: Int

  init(count: Int) {
    self.count = count
    similarities.reserveCapacity(count + 1)
    indices.reserveCapacity(count + 1)
  }

  /// Takes `values[i]` as the similarity of row `firstIndex + i`. Rows must come in rising order, so
  /// that of equal similarities the earlier row stays.
  mutating func offer(_ values: UnsafeBufferPointer<Float>, firstIndex: Int) {
    var threshold = similarities.count < count ? -Float.infinity : similarities[count - 1]
    for (offset, value) in values.enumerated() where value > threshold {
      var (low, high) = (0, similarities.count)
      while low < high {
        let middle = (low + high) / 2
        if similarities[middle] >= value { low = middle + 1 } else { high = middle }
      }
      if similarities.count == count {
        similarities.removeLast()
        indices.removeLast()
      }
      similarities.insert(value, at: low)
      indices.insert(firstIndex + offset, at: low)
      if similarities.count == count { threshold = similarities[count - 1] }
    }
  }
}
