import Foundation

extension Naive {
  /// `couplingInput(columns:bound:)`; rows [N, D + 1].
  public func couplingInput(columns: [Int], bound: Double) -> Naive {
    Naive(shape: [shape[0], columns.count]) { index in
      let v = self[[index[0], columns[index[1]]]]
      return v / (1 + (v / bound) * (v / bound)).squareRoot()
    }
  }

  /// `affineCoupling`; rows [N, D + 1], parameters [N, 2 · columns].
  public func affineCoupling(
    parameters: Naive, columns: [Int], bound: Double, inverse: Bool = false
  ) -> Naive {
    mappedRows(columns) { row, j, v in
      let a = parameters[[row, j]]
      let s = a / (1 + abs(a) / bound)
      let t = parameters[[row, columns.count + j]]
      return inverse ? ((v - t) * exp(-s), -s) : (v * exp(s) + t, s)
    }
  }

  /// `splineCoupling`; rows [N, D + 1], parameters [N, (3 bins − 1) · columns].
  public func splineCoupling(
    parameters: Naive, columns: [Int], bins: Int, tailBound: Double, slope: Double,
    inverse: Bool = false
  ) -> Naive {
    mappedRows(columns) { row, j, v in
      func raw(_ range: Range<Int>, _ bound: Double) -> [Double] {
        range.map { k in
          let u = parameters[[row, k * columns.count + j]]
          return u / (1 + abs(u) / bound)
        }
      }
      func knots(_ logits: [Double]) -> [Double] {
        let sum = logits.reduce(0) { $0 + exp($1) }
        var edge = -tailBound
        return [edge]
          + logits.map {
            edge += 2 * tailBound * exp($0) / sum
            return edge
          }
      }
      let spline = RationalQuadratic(
        x: knots(raw(0..<bins, -log(slope) / 2)),
        y: knots(raw(bins..<2 * bins, -log(slope) / 2)),
        slopes: [1] + raw(2 * bins..<3 * bins - 1, -log(slope)).map { exp($0) } + [1])
      if abs(v) >= tailBound { return (v, 0) }
      if inverse {
        let x = spline.inverse(of: v)
        return (x, -log(spline.derivative(at: x)))
      }
      return (spline.value(at: v), log(spline.derivative(at: v)))
    }
  }

  /// Rows whose chosen coordinates are mapped one by one, with Σ of what the map adds to log |det|.
  private func mappedRows(
    _ columns: [Int], _ map: (_ row: Int, _ j: Int, _ v: Double) -> (Double, Double)
  ) -> Naive {
    var result = self
    for row in 0..<shape[0] {
      for (j, column) in columns.enumerated() {
        let (value, logDeterminant) = map(row, j, self[[row, column]])
        result[[row, column]] = value
        result[[row, shape[1] - 1]] += logDeterminant
      }
    }
    return result
  }
}

/// A monotonic rational-quadratic spline through knots (x, y) with given slopes, from Gregory and
/// Delbourgo's formula; its derivative and inverse numerically.
private struct RationalQuadratic {
  let x: [Double]
  let y: [Double]
  let slopes: [Double]

  func value(at v: Double) -> Double {
    let k = max(0, min(x.count - 2, (x.firstIndex { $0 > v } ?? x.count - 1) - 1))
    let s = (y[k + 1] - y[k]) / (x[k + 1] - x[k])
    let z = (v - x[k]) / (x[k + 1] - x[k])
    let top = s * z * z + slopes[k] * z * (1 - z)
    let bottom = s + (slopes[k] + slopes[k + 1] - 2 * s) * z * (1 - z)
    return y[k] + (y[k + 1] - y[k]) * top / bottom
  }

  /// By the quotient rule on `value`, in the bin of v.
  func derivative(at v: Double) -> Double {
    let k = max(0, min(x.count - 2, (x.firstIndex { $0 > v } ?? x.count - 1) - 1))
    let (width, height) = (x[k + 1] - x[k], y[k + 1] - y[k])
    let (s, z, t) = (height / width, (v - x[k]) / width, slopes[k] + slopes[k + 1])
    let top = s * z * z + slopes[k] * z * (1 - z)
    let bottom = s + (t - 2 * s) * z * (1 - z)
    let topSlope = 2 * s * z + slopes[k] * (1 - 2 * z)
    let bottomSlope = (t - 2 * s) * (1 - 2 * z)
    return s * (topSlope * bottom - top * bottomSlope) / (bottom * bottom)
  }

  /// By bisection.
  func inverse(of target: Double) -> Double {
    var (low, high) = (x[0], x[x.count - 1])
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if value(at: middle) < target { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
