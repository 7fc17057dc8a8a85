import Foundation
import JEPATensor

/// One row's Gaussian mixture in float64, for finding its modes.
struct GaussianMixtureRow {
  let components, dimensions, rank: Int
  let weights: [Double]
  /// [K, D].
  let means: [Double]
  /// 1 / σ²: [K, D].
  let precisions: [Double]
  /// G with Σ⁻¹ = diag(1/σ²) − Gᵀ G: [K, r, D].
  let downdates: [Double]
  /// log π − ½ log det 2πΣ: [K].
  let logScales: [Double]

  /// - Parameters:
  ///   - means, scales: [K, D].
  ///   - factors: U, [K, r, D].
  init(weights: [Double], means: [Double], scales: [Double], factors: [Double] = []) {
    let (count, width) = (weights.count, means.count / weights.count)
    let rank = factors.count / means.count
    var downdates = factors
    var logScales: [Double] = []
    for k in 0..<count {
      var logDeterminant = 0.0
      for d in k * width..<(k + 1) * width { logDeterminant += log(scales[d]) }
      if rank > 0 {
        // With V = U/σ and L Lᵀ = I + V Vᵀ: Σ⁻¹ = (I − Vᵀ (L Lᵀ)⁻¹ V)/σσ, so G = L⁻¹ V/σ.
        let start = k * rank * width
        for j in 0..<rank {
          for d in 0..<width { downdates[start + j * width + d] /= scales[k * width + d] }
        }
        var gram = [Double](repeating: 0, count: rank * rank)
        for i in 0..<rank {
          for j in 0...i {
            var sum = i == j ? 1.0 : 0.0
            for d in 0..<width {
              sum += downdates[start + i * width + d] * downdates[start + j * width + d]
            }
            gram[i * rank + j] = sum
          }
        }
        let isDefinite = SmallCholesky.factor(&gram, rank)
        require(isDefinite, "GaussianMixtureRow: I + V Vᵀ of component \(k) is not finite")
        for i in 0..<rank {
          logDeterminant += log(gram[i * rank + i])
          for d in 0..<width {
            var value = downdates[start + i * width + d]
            for j in 0..<i { value -= gram[i * rank + j] * downdates[start + j * width + d] }
            downdates[start + i * width + d] = value / gram[i * rank + i]
          }
        }
        for j in 0..<rank {
          for d in 0..<width { downdates[start + j * width + d] /= scales[k * width + d] }
        }
      }
      logScales.append(log(weights[k]) - logDeterminant - Double(width) * 0.5 * log(2 * .pi))
    }
    (components, dimensions, self.rank) = (count, width, rank)
    self.weights = weights
    self.means = means
    precisions = scales.map { 1 / ($0 * $0) }
    self.downdates = downdates
    self.logScales = logScales
  }

  /// The log-density at x [D] in nats; `responsibilities` receives P(component | x).
  func logDensity(at x: [Double], responsibilities: inout [Double]) -> Double {
    for k in 0..<components {
      var square = 0.0
      for d in 0..<dimensions {
        let z = x[d] - means[k * dimensions + d]
        square += z * z * precisions[k * dimensions + d]
      }
      for j in 0..<rank {
        let projection = projected(x, on: j, of: k)
        square -= projection * projection
      }
      responsibilities[k] = logScales[k] - 0.5 * square
    }
    let largest = responsibilities.max() ?? 0
    var total = 0.0
    for k in 0..<components {
      responsibilities[k] = exp(responsibilities[k] - largest)
      total += responsibilities[k]
    }
    for k in 0..<components { responsibilities[k] /= total }
    return largest + log(total)
  }

  /// Gⱼ (x − μₖ).
  func projected(_ x: [Double], on j: Int, of k: Int) -> Double {
    let start = (k * rank + j) * dimensions
    var sum = 0.0
    for d in 0..<dimensions { sum += downdates[start + d] * (x[d] - means[k * dimensions + d]) }
    return sum
  }
}

/// Cholesky factors of small row-major matrices.
enum SmallCholesky {
  /// The lower triangle of `a` becomes L with L Lᵀ = a; false where `a` is not positive definite.
  static func factor(_ a: inout [Double], _ n: Int) -> Bool {
    for j in 0..<n {
      for i in j..<n {
        var sum = a[i * n + j]
        for k in 0..<j { sum -= a[i * n + k] * a[j * n + k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return false }
          a[i * n + j] = sum.squareRoot()
        } else {
          a[i * n + j] = sum / a[j * n + j]
        }
      }
    }
    return true
  }

  /// x ← (L Lᵀ)⁻¹ x.
  static func solve(_ l: [Double], _ x: inout [Double]) {
    let n = x.count
    for i in 0..<n {
      for k in 0..<i { x[i] -= l[i * n + k] * x[k] }
      x[i] /= l[i * n + i]
    }
    for i in (0..<n).reversed() {
      for k in i + 1..<n { x[i] -= l[k * n + i] * x[k] }
      x[i] /= l[i * n + i]
    }
  }
}
