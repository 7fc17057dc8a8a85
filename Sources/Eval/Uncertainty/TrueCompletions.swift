import Foundation
import JEPADensity
import JEPATensor

/// What one row's target can be, where that is known: the embeddings of the completions of what is
/// hidden, with their probabilities.
public struct TrueCompletions: Sendable {
  /// [K, D], in the space that heads model, without noise; all different.
  public let embeddings: Tensor
  /// [K], above 0, summing to 1.
  public let probabilities: [Double]
  /// [A, D]: what the target cannot be, to see whether draws go there; none of them a completion.
  public let alternatives: Tensor

  /// - Parameters:
  ///   - embeddings: [K, D].
  ///   - probabilities: [K]; divided by their sum. Completions of probability 0 are left out.
  ///   - alternatives: [A, D].
  ///   - distance: completions that are at most so far apart count as one mode, with the embedding of
  ///     the first: at a patch that two completions share, their embeddings are nearly equal.
  ///     Alternatives so near to a completion are left out.
  public init(
    embeddings: Tensor, probabilities: [Double], alternatives: Tensor? = nil,
    mergingWithin distance: Double = 0
  ) {
    require(
      embeddings.rank == 2 && embeddings.shape[0] == probabilities.count && embeddings.shape[1] > 0,
      "TrueCompletions: embeddings \(embeddings.shape) with \(probabilities.count) probabilities")
    let total = probabilities.reduce(0, +)
    require(
      probabilities.allSatisfy { $0 >= 0 } && total > 0 && total.isFinite,
      "TrueCompletions: probabilities \(probabilities)")
    let width = embeddings.shape[1]
    let others = (alternatives ?? .zeros([0, width], dtype: embeddings.dtype)).detached()
    require(
      others.rank == 2 && others.shape[1] == width,
      "TrueCompletions: alternatives \(others.shape) with embeddings \(embeddings.shape)")
    let places = Self.rows(embeddings)
    var kept: [Int] = []
    var weights: [Double] = []
    for (index, probability) in probabilities.enumerated() where probability > 0 {
      if let same = kept.firstIndex(where: {
        Self.separation(places[$0], places[index]) <= distance
      }) {
        weights[same] += probability / total
      } else {
        kept.append(index)
        weights.append(probability / total)
      }
    }
    let apart = Self.rows(others).enumerated().filter { _, other in
      kept.allSatisfy { Self.separation(places[$0], other) > distance }
    }.map(\.offset)
    self.embeddings = embeddings.detached().gatherRows(kept)
    self.probabilities = weights
    self.alternatives = others.gatherRows(apart)
  }

  /// K.
  public var count: Int { probabilities.count }

  /// −Σ p log p, in nats.
  public var entropy: Double { Self.entropy(probabilities) }

  static func entropy(_ probabilities: [Double]) -> Double {
    probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
  }

  /// Completions, then alternatives: [K + A][D].
  var places: [[Double]] { Self.rows(embeddings) + Self.rows(alternatives) }

  /// The least distance from a completion to another or to an alternative; nil where there is neither.
  var leastDistance: Double? {
    let places = places
    return (0..<count).flatMap { a in
      places.indices.filter { $0 != a }.map { Self.separation(places[a], places[$0]) }
    }.min()
  }

  private static func rows(_ points: Tensor) -> [[Double]] {
    let (values, width) = (points.doubles(), points.shape[1])
    return (0..<points.shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  private static func separation(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }
}

/// The known distributions of rows' targets: Σ_k p_k N(c_k, σ² I), with the noise that targets get. A
/// head like any other, whose scores are what a perfect head would have.
public struct CompletionDensity: ExactDensity {
  /// [N].
  public let rows: [TrueCompletions]
  /// σ, in the space that heads model; 0 for none, and then there is no density.
  public let noise: Double

  public init(rows: [TrueCompletions], noise: Double) {
    require(noise >= 0, "CompletionDensity: noise \(noise)")
    require(
      Set(rows.map { $0.embeddings.shape[1] }).count <= 1,
      "CompletionDensity: rows of different widths")
    self.rows = rows
    self.noise = noise
  }

  /// D; 0 without rows.
  var dimensions: Int { rows.first?.embeddings.shape[1] ?? 0 }

  /// [N], float64.
  public func logDensity(of y: Tensor) -> Tensor {
    require(noise > 0, "CompletionDensity.logDensity: points without noise have no density")
    require(
      y.shape == [rows.count, dimensions],
      "CompletionDensity.logDensity: \(y.shape) of \([rows.count, dimensions])")
    let d = dimensions
    let values = y.doubles()
    let constant = -Double(d) * log(noise * (2 * Double.pi).squareRoot())
    let result = rows.enumerated().map { index, row -> Double in
      let centres = row.embeddings.doubles()
      let logits = row.probabilities.enumerated().map { mode, probability -> Double in
        var square = 0.0
        for column in 0..<d {
          let difference = values[index * d + column] - centres[mode * d + column]
          square += difference * difference
        }
        return log(probability) - square / (2 * noise * noise)
      }
      let largest = logits.max() ?? 0
      return largest + log(logits.reduce(0) { $0 + exp($1 - largest) }) + constant
    }
    return Tensor(result, shape: [rows.count])
  }

  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }

  /// [S, N, D], float32.
  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let (n, d) = (rows.count, dimensions)
    var chosen = [Int32](repeating: 0, count: count * n)
    var offset = 0
    for (index, row) in rows.enumerated() {
      for draw in 0..<count {
        var left = random.uniform()
        var mode = 0
        while mode < row.count - 1, left >= row.probabilities[mode] {
          left -= row.probabilities[mode]
          mode += 1
        }
        chosen[draw * n + index] = Int32(offset + mode)
      }
      offset += row.count
    }
    guard n > 0 else { return .zeros([count, 0, d]) }
    let all = Tensor.concatenated(rows.map { $0.embeddings.cast(to: .float32) }, axis: 0)
    let points = all.gatherRows(chosen).reshaped([count, n, d])
    return points + Tensor.gaussianNoise([count, n, d], using: &random) * noise
  }

  /// [N, D].
  public func mean(using random: inout RandomSource) -> Tensor {
    let means = rows.map { row in
      matmul(
        Tensor(row.probabilities, shape: [1, row.count], dtype: row.embeddings.dtype),
        row.embeddings)
    }
    return means.isEmpty ? .zeros([0, 0]) : .concatenated(means, axis: 0)
  }
}
