import Foundation

extension RandomSource {
  /// A draw from the gamma distribution of density x^(shape − 1) e^(−x) / Γ(shape) (Marsaglia & Tsang 2000).
  ///
  /// - Parameter shape: above 0. Below about 0.01 draws underflow to 0.
  public mutating func gamma(shape: Double) -> Double {
    require(shape > 0 && shape.isFinite, "gamma: shape \(shape) is not positive")
    if shape < 1 {
      // x^(1/shape) of a uniform draw brings shape + 1 down to shape.
      return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// A draw from the beta distribution of density ∝ x^(a − 1) (1 − x)^(b − 1).
  public mutating func beta(_ a: Double, _ b: Double) -> Double {
    let x = gamma(shape: a)
    let y = gamma(shape: b)
    return x + y > 0 ? x / (x + y) : (uniform() < a / (a + b) ? 1 : 0)
  }

  /// An index drawn with probability in proportion to its weight.
  ///
  /// - Parameter weights: not negative, finite, with a positive sum.
  public mutating func categorical(_ weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    require(
      total > 0 && total.isFinite && weights.allSatisfy { $0 >= 0 },
      "categorical: \(weights.count) weights with the sum \(total)")
    var rest = uniform() * total
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    // Rounding: the last that can be drawn.
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}

extension Tensor {
  /// Draws from the uniform distribution on `range`.
  public static func uniform(
    _ shape: [Int], in range: Range<Double>, dtype: DType = .float32,
    using random: inout RandomSource
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    return drawn(shape, dtype) { range.lowerBound + width * random.uniform() }
  }

  /// Draws from the gamma distribution of the given shape and scale 1 (``RandomSource/gamma(shape:)``).
  public static func gamma(
    _ shape: [Int], concentration: Double, dtype: DType = .float32,
    using random: inout RandomSource
  ) -> Tensor {
    drawn(shape, dtype) { random.gamma(shape: concentration) }
  }

  /// Draws from the beta distribution (``RandomSource/beta(_:_:)``).
  public static func beta(
    _ shape: [Int], _ a: Double, _ b: Double, dtype: DType = .float32,
    using random: inout RandomSource
  ) -> Tensor {
    drawn(shape, dtype) { random.beta(a, b) }
  }

  /// For each row of logits [N, K], an index drawn with probability softmax(logits).
  public static func categorical(logits: Tensor, using random: inout RandomSource) -> [Int] {
    require(
      logits.rank == 2 && logits.shape[1] > 0, "categorical: logits \(logits.shape); [N, K] wanted")
    let weights = logits.detached().cast(to: .float64).softmax().doubles()
    let width = logits.shape[1]
    return (0..<logits.shape[0]).map { row in
      random.categorical(Array(weights[row * width..<(row + 1) * width]))
    }
  }

  private static func drawn(_ shape: [Int], _ dtype: DType, _ draw: () -> Double) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in draw() }, shape: shape, dtype: dtype)
  }
}
