/// How a resize weighs its input. Both antialias: when an image shrinks, the filter widens by the
/// same factor, so that every input pixel counts.
public enum Interpolation: String, Sendable, Codable, CaseIterable {
  /// The triangle filter, two taps at scale 1.
  case bilinear
  /// Keys' cubic convolution with a = -0.5, four taps at scale 1.
  case bicubic

  /// Half the filter's width at scale 1, in pixels.
  var support: Double { self == .bilinear ? 1 : 2 }

  func callAsFunction(_ position: Double) -> Double {
    let x = abs(position)
    switch self {
    case .bilinear: return max(0, 1 - x)
    case .bicubic:
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      if x < 2 { return ((-0.5 * x + 2.5) * x - 4) * x + 2 }
      return 0
    }
  }
}

/// For each output position along one axis, the run of input positions it reads and their weights
/// in units of 2^-22, which sum to about 1.
struct ResampleWeights {
  static let unit = Double(1 << 22)

  private(set) var firsts: [Int32] = []
  private(set) var counts: [Int32] = []
  private(set) var weights: [Int32] = []
  /// The room kept for each output position in `weights`.
  let taps: Int

  /// Maps `inputSize` positions onto `outputSize` of them.
  init(_ interpolation: Interpolation, inputSize: Int, outputSize: Int) {
    let scale = Double(inputSize) / Double(outputSize)
    let filterScale = max(scale, 1)
    let support = interpolation.support * filterScale
    taps = Int(support.rounded(.up)) * 2 + 1
    weights = Array(repeating: 0, count: taps * outputSize)
    var row = [Double](repeating: 0, count: taps)
    for output in 0..<outputSize {
      let center = (Double(output) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let count = min(inputSize, Int(center + support + 0.5)) - first
      var sum = 0.0
      for i in 0..<count {
        row[i] = interpolation((Double(first + i) - center + 0.5) / filterScale)
        sum += row[i]
      }
      for i in 0..<count {
        let weight = sum == 0 ? row[i] : row[i] / sum
        weights[output * taps + i] = Int32(
          (weight * Self.unit).rounded(.toNearestOrAwayFromZero))
      }
      firsts.append(Int32(first))
      counts.append(Int32(count))
    }
  }

  /// The run of input positions that any output position reads.
  var inputRange: Range<Int> {
    guard let first = firsts.first, let last = firsts.last, let count = counts.last else {
      return 0..<0
    }
    return Int(first)..<Int(last + count)
  }
}
