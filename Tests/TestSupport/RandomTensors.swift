import JEPATensor

extension Tensor {
  /// float64 draws from N(0, 1) rounded to bfloat16, so that every element type holds them exactly.
  public static func roundedNormal(_ shape: [Int], using random: inout RandomSource) -> Tensor {
    normal(shape, dtype: .float64, using: &random).cast(to: .bfloat16).cast(to: .float64)
  }

  /// float64 draws of magnitude between `lower` and `upper`, uniform, signs random unless `positive`.
  public static func magnitudes(
    _ shape: [Int], from lower: Double, to upper: Double, positive: Bool = false,
    using random: inout RandomSource
  ) -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ -> Double in
      let magnitude = random.uniform(in: lower..<upper)
      return positive || random.integer(below: 2) == 0 ? magnitude : -magnitude
    }
    return Tensor(values, shape: shape)
  }
}

extension DType {
  /// The distance from 1 to the next larger number of this type.
  public var ulp: Double {
    switch self {
    case .float32: 0x1p-23
    case .bfloat16: 0x1p-7
    case .float64: 0x1p-52
    }
  }
}
