import Foundation
import JEPATensor

/// The variogram score (Scheuerer & Hamill 2015, equation 6) along random directions.
///
/// Of v = U x, with K random unit vectors as U's rows, and a pair a ≠ b of them: d = |v_a(y) − v_b(y)|^p
/// is compared with its expectation under the prediction. The score is the mean over the pairs of
/// (d − E d̂)², with the fair estimate (d − mean)² − s² / M from M draws, s² their variance.
struct VariogramScore {
  /// [D, K].
  let directions: Tensor
  let order: Double
  private var sums: [Float]
  private var squares: [Float]

  init(dimensions: Int, projections: Int, order: Double, seed: UInt64) {
    var random = RandomSource(seed: seed).split("variogram projections")
    let rows = Tensor.normal([projections, dimensions], dtype: .float64, using: &random)
    let lengths = rows.square().sum(axis: 1, keepingDimensions: true).squareRoot()
    self.init(directions: (rows / lengths).transposed().cast(to: .float32), order: order)
  }

  /// - Parameter directions: [D, K], float32.
  init(directions: Tensor, order: Double) {
    let projections = directions.shape[1]
    require(projections >= 2, "VariogramScore: \(projections) projections make no pair")
    require(order > 0, "VariogramScore: order \(order)")
    self.directions = directions
    self.order = order
    sums = Array(repeating: 0, count: projections * projections)
    squares = sums
  }

  /// v for rows [N, D] of float32: [N, K].
  func project(_ rows: Tensor) -> Tensor { matmul(rows, directions) }

  /// The score of one row.
  ///
  /// - Parameters:
  ///   - draws: v of the row's first draw; the others follow `stride` numbers apart.
  ///   - target: v of y, [K].
  mutating func score(
    draws: UnsafePointer<Float>, stride: Int, count: Int, target: UnsafePointer<Float>
  ) -> Double {
    let k = directions.shape[1]
    let order = order
    return sums.withUnsafeMutableBufferPointer { sums in
      squares.withUnsafeMutableBufferPointer { squares in
        sums.update(repeating: 0)
        squares.update(repeating: 0)
        guard let sum = sums.baseAddress, let square = squares.baseAddress else { return 0 }
        for draw in 0..<count {
          let v = draws + draw * stride
          for a in 0..<k {
            let (value, s, q) = (v[a], sum + a * k, square + a * k)
            if order == 0.5 {
              for b in 0..<k {
                let distance = abs(v[b] - value)
                s[b] += distance.squareRoot()
                q[b] += distance
              }
            } else {
              for b in 0..<k {
                let power = pow(abs(v[b] - value), Float(order))
                s[b] += power
                q[b] += power * power
              }
            }
          }
        }
        let m = Double(count)
        var total = 0.0
        for a in 0..<k {
          for b in 0..<a {
            let distance = Double(abs(target[a] - target[b]))
            let observed = order == 0.5 ? distance.squareRoot() : pow(distance, order)
            let mean = Double(sum[a * k + b]) / m
            let variance = (Double(square[a * k + b]) / m - mean * mean) * m / (m - 1)
            total += (observed - mean) * (observed - mean) - variance / m
          }
        }
        return total / Double(k * (k - 1) / 2)
      }
    }
  }
}
