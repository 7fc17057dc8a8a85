import CJEPAKernels

extension Tensor {
  /// Draws from N(0, 1) in bulk, an order of magnitude faster than ``normal(_:dtype:using:)``, whose
  /// draws are others: for noise of which a training step needs millions of values.
  ///
  /// Takes one number from `random` as the key of a Philox stream of its own and turns its 32-bit words
  /// into draws by Box-Muller; none lies beyond 6.66 standard deviations (probability 3e-11). The draws of
  /// a longer tensor begin with those of a shorter one; float32 and float64 agree up to rounding.
  public static func gaussianNoise(
    _ shape: [Int], dtype: DType = .float32, using random: inout RandomSource
  ) -> Tensor {
    let key = random.next()
    let result = Tensor(uninitialized: shape, dtype: dtype.accumulation)
    jk_noise(result.dtype.kernel, key, result.pointer, result.count)
    return result.cast(to: dtype)
  }

  /// Independent signs, −1 or 1 with equal probability (Rademacher's distribution).
  public static func randomSigns(
    _ shape: [Int], dtype: DType = .float32, using random: inout RandomSource
  ) -> Tensor {
    gaussianNoise(shape, dtype: dtype, using: &random).negativeToSigns()
  }

  private func negativeToSigns() -> Tensor {
    1 - 2 * (self .< Tensor.zeros([], dtype: dtype))
  }
}
