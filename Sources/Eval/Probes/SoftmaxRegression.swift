import JEPATensor

/// The objective of multinomial logistic regression: mean cross-entropy (nats) + strength / 2 · ‖W‖²,
/// with the biases left free.
struct SoftmaxRegression: Sendable {
  private struct Shard: Sendable {
    let features: Tensor  // [n, D]
    let labels: [Int]
  }

  let classCount: Int
  let dimensions: Int
  var strength: Double
  private let count: Int
  private let dtype: DType
  /// Of a fixed size, so that the sums do not depend on the number of threads.
  private let shards: [Shard]

  /// - Parameters:
  ///   - features: [N, D], float32 or float64; the products are in that type, the sums in float64.
  ///   - labels: N classes below `classCount`.
  init(features: Tensor, labels: [Int], classCount: Int, strength: Double) {
    self.classCount = classCount
    self.strength = strength
    dimensions = features.shape[1]
    count = labels.count
    dtype = features.dtype
    shards = stride(from: 0, to: labels.count, by: 2048).map {
      let rows = $0..<min($0 + 2048, labels.count)
      return Shard(features: features.slice(axis: 0, rows), labels: Array(labels[rows]))
    }
  }

  var parameterCount: Int { classCount * (dimensions + 1) }

  /// W [C, D] and b [C], stored one after the other.
  func unpack(_ parameters: [Double], dtype: DType) -> (weight: Tensor, bias: Tensor) {
    let split = classCount * dimensions
    return (
      Tensor(Array(parameters[..<split]), shape: [classCount, dimensions], dtype: dtype),
      Tensor(Array(parameters[split...]), shape: [classCount], dtype: dtype)
    )
  }

  func callAsFunction(_ parameters: [Double]) -> (value: Double, gradient: [Double]) {
    let (weight, bias) = unpack(parameters, dtype: dtype)
    let parts = parallelMap(shards.count) { index in
      let shard = shards[index]
      let logits = linear(shard.features, weight: weight, bias: bias)  // [n, C]
      let losses = logits.logSumExp() - logits.gatherColumns(shard.labels)
      var errors = logits.softmax()
      errors.subtractOneHot(shard.labels)
      return (
        loss: losses.doubles().reduce(0, +),
        weight: matmul(errors, shard.features, transposeA: true),  // [C, D]
        bias: errors.sum(axis: 0)
      )
    }
    var value = 0.0
    var gradient = [Double](repeating: 0, count: parameterCount)
    for part in parts {
      value += part.loss
      for (i, g) in part.weight.doubles().enumerated() { gradient[i] += g }
      for (i, g) in part.bias.doubles().enumerated() { gradient[classCount * dimensions + i] += g }
    }
    value /= Double(count)
    for i in gradient.indices { gradient[i] /= Double(count) }
    for i in 0..<classCount * dimensions {
      value += strength / 2 * parameters[i] * parameters[i]
      gradient[i] += strength * parameters[i]
    }
    return (value, gradient)
  }
}

extension SoftmaxRegression {
  /// The mean over rows and classes of p (1 − p): how much a logit's curvature is.
  func meanVariance(at parameters: [Double]) -> Double {
    let (weight, bias) = unpack(parameters, dtype: dtype)
    let sums = parallelMap(shards.count) { index in
      let p = linear(shards[index].features, weight: weight, bias: bias).softmax()
      return (p - p.square()).sum().item()
    }
    return sums.reduce(0, +) / Double(count * classCount)
  }

  /// At most so far is the objective above its minimum, in nats, where its gradient is `gradient`.
  ///
  /// The objective is strongly convex in W: f − f* ≤ ‖∇f‖² / 2λ (Boyd & Vandenberghe 2004, equation 9.9). The
  /// biases, which have no penalty, and everything where λ is 0, enter with the curvature `curvature` that is
  /// estimated for them.
  func gap(_ gradient: [Double], curvature: [Double]) -> Double {
    let split = classCount * dimensions
    var gap = 0.0
    for (i, g) in gradient.enumerated() {
      gap += g * g / (2 * (i < split && strength > 0 ? strength : curvature[i]))
    }
    return gap
  }
}

extension Tensor {
  /// Subtracts 1 from column `labels[i]` of each row i.
  fileprivate mutating func subtractOneHot(_ labels: [Int]) {
    let (width, dtype) = (shape[1], dtype)
    withUnsafeMutableBytes { bytes in
      for (row, label) in labels.enumerated() {
        if dtype == .float64 {
          bytes.bindMemory(to: Double.self)[row * width + label] -= 1
        } else {
          bytes.bindMemory(to: Float.self)[row * width + label] -= 1
        }
      }
    }
  }
}
