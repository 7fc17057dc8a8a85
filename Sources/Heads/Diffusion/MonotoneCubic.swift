/// Interpolation of increasing values at 0, 1, 2, … by cubics that increase too (Fritsch & Carlson
/// 1980, with Brodlie's harmonic mean for the slopes).
enum MonotoneCubic {
  static func slopes(_ values: [Double]) -> [Double] {
    let steps = zip(values.dropFirst(), values).map { $0 - $1 }
    return values.indices.map { i in
      if i == 0 { return steps[0] }
      if i == steps.count { return steps[i - 1] }
      return 2 * steps[i - 1] * steps[i] / (steps[i - 1] + steps[i])
    }
  }

  static func value(_ values: [Double], _ slopes: [Double], at x: Double) -> Double {
    let i = min(max(Int(x), 0), values.count - 2)
    let t = min(max(x - Double(i), 0), 1)
    let rise = values[i + 1] - values[i]
    let a = slopes[i] - rise
    let b = rise - slopes[i + 1]
    // Hermite's form: the chord, and a cubic that vanishes at both ends.
    return values[i] + t * rise + t * (1 - t) * ((1 - t) * a + t * b)
  }

  static func inverse(_ values: [Double], _ slopes: [Double], of y: Double) -> Double {
    var (low, high) = (0, values.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if values[middle] <= y { low = middle } else { high = middle }
    }
    var (left, right) = (Double(low), Double(low + 1))
    for _ in 0..<60 {
      let middle = (left + right) / 2
      if value(values, slopes, at: middle) <= y { left = middle } else { right = middle }
    }
    return y <= values[0] ? 0 : y >= values[values.count - 1] ? Double(values.count - 1) : left
  }
}
