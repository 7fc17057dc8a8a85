import JEPAAutoregressive
import JEPATensor

/// A small head with normal draws of deviation `spread` added to its initial values.
func smallHead(
  context: Int = 3, target: Int = 5, dtype: DType = .float64, seed: UInt64 = 1,
  spread: Double = 0.3,
  _ change: (inout AutoregressiveOptions) -> Void = { _ in }
) -> AutoregressiveHead {
  var options = AutoregressiveOptions()
  options.hiddenDimensions = 13
  options.components = 3
  change(&options)
  var random = RandomSource(seed: seed)
  var head = AutoregressiveHead(
    contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
    using: &random)
  head.forEachParameter { name, tensor, _ in
    var draws = random.split(name)
    tensor = tensor + Tensor.normal(tensor.shape, dtype: dtype, using: &draws) * spread
  }
  return head
}

func normal(_ shape: [Int], seed: UInt64 = 9, dtype: DType = .float64) -> Tensor {
  var random = RandomSource(seed: seed)
  return .normal(shape, dtype: dtype, using: &random)
}
