import Foundation

extension Naive {
  /// Matrices or batches of matrices, each transposed where asked.
  public static func matmul(
    _ a: Naive, _ b: Naive, transposeA: Bool = false, transposeB: Bool = false
  ) -> Naive {
    let lead = Array(a.shape.dropLast(2))
    let (m, k) = flipped(a, transposeA)
    let n = flipped(b, transposeB).1
    let (aRow, aStep) = transposeA ? (1, m) : (k, 1)
    let (bRow, bStep) = transposeB ? (1, k) : (n, 1)
    var result: [Double] = []
    for batch in 0..<lead.reduce(1, *) {
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for l in 0..<k {
            sum +=
              a.values[batch * m * k + i * aRow + l * aStep]
              * b.values[batch * k * n + l * bRow + j * bStep]
          }
          result.append(sum)
        }
      }
    }
    return Naive(result, shape: lead + [m, n])
  }

  private static func flipped(_ x: Naive, _ transpose: Bool) -> (Int, Int) {
    let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    return transpose ? (columns, rows) : (rows, columns)
  }

  /// x Wᵀ + b over the last axis.
  public static func linear(_ x: Naive, weight: Naive, bias: Naive?) -> Naive {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    var result: [Double] = []
    for row in 0..<x.shape.dropLast().reduce(1, *) {
      for o in 0..<outputs {
        var sum = bias?.values[o] ?? 0
        for i in 0..<inputs { sum += x.values[row * inputs + i] * weight.values[o * inputs + i] }
        result.append(sum)
      }
    }
    return Naive(result, shape: x.shape.dropLast() + [outputs])
  }

  /// Multi-head self-attention within packed sequences; qkv is [T, 3, heads, d].
  public static func attention(
    qkv: Naive, offsets: [Int], heads: Int, causal: Bool = false
  ) -> Naive {
    let width = qkv.shape[1] / 3
    let d = width / heads
    var result = Naive(
      [Double](repeating: 0, count: qkv.shape[0] * width), shape: [qkv.shape[0], width])
    for (start, end) in zip(offsets, offsets.dropFirst()) {
      for h in 0..<heads {
        for t in start..<end {
          let keys = start..<(causal ? t + 1 : end)
          let scores = keys.map { u in
            (0..<d).reduce(0.0) {
              $0 + qkv[[t, h * d + $1]] * qkv[[u, width + h * d + $1]]
            } / Double(d).squareRoot()
          }
          let largest = scores.max() ?? 0
          let powers = scores.map { exp($0 - largest) }
          let total = powers.reduce(0, +)
          for e in 0..<d {
            result[[t, h * d + e]] = zip(keys, powers).reduce(0) {
              $0 + $1.1 / total * qkv[[$1.0, 2 * width + h * d + e]]
            }
          }
        }
      }
    }
    return result
  }
}
