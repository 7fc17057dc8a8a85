import JEPATensor

extension Module {
  /// Redraws every trained tensor from N(0, 0.3²), scales of norms around 1.
  public mutating func scramble(using source: RandomSource) {
    forEachParameter { name, tensor, kind in
      guard kind == .trained else { return }
      var draws = source.split(name)
      let isScale = name.contains("norm") && name.hasSuffix("weight")
      tensor =
        Tensor.normal(tensor.shape, dtype: tensor.dtype, using: &draws) * 0.3
        + (isScale ? 1 : 0)
    }
  }
}
