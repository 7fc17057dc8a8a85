import JEPATensor
import JEPATestSupport
import Testing

/// Weights are brought into tiles once where many rows are multiplied by them.
@Suite struct PackedWeightTests {
  @Test(arguments: [DType.float32, .bfloat16], [1, 63, 64, 65, 513, 700])
  func productsAgreeWithFloat64(_ dtype: DType, _ rows: Int) {
    var random = RandomSource(seed: 3)
    let x = Tensor.normal([rows, 96], using: &random).cast(to: dtype)
    let weight = (Tensor.normal([40, 96], using: &random) * 0.1).cast(to: dtype)
    let bias = Tensor.normal([40], using: &random)
    let exact = linear(
      x.cast(to: .float64), weight: weight.cast(to: .float64), bias: bias.cast(to: .float64))
    let (value, gradients) = valueAndGradients(at: [x, weight, bias]) {
      linear($0[0], weight: $0[1], bias: $0[2])
    }
    let (_, exactGradients) = valueAndGradients(
      at: [x.cast(to: .float64), weight.cast(to: .float64), bias.cast(to: .float64)]
    ) { linear($0[0], weight: $0[1], bias: $0[2]) }
    let tolerance = dtype == .float32 ? 1e-5 : 1e-2
    expectClose(
      value.doubles(), exact.doubles(), absolute: tolerance, relative: tolerance, "value")
    for (gradient, other) in zip(gradients, exactGradients) {
      expectClose(
        gradient?.doubles() ?? [], other?.doubles() ?? [0], absolute: 2 * tolerance,
        relative: tolerance, "gradient")
    }
  }

  /// What was packed must not outlive the values it was made of.
  @Test func writingToAWeightIsSeen() {
    var random = RandomSource(seed: 4)
    let x = Tensor.normal([128, 32], using: &random)
    var weight = Tensor.normal([16, 32], using: &random)
    let before = linear(x, weight: weight, bias: nil)
    weight.withUnsafeMutableBytes { bytes in
      for value in bytes.bindMemory(to: Float.self).indices {
        bytes.bindMemory(to: Float.self)[value] *= 2
      }
    }
    expectClose(
      linear(x, weight: weight, bias: nil).doubles(), before.doubles().map { 2 * $0 },
      absolute: 1e-5, relative: 1e-5, "doubled")
  }
}
