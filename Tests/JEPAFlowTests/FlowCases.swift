import JEPAFlow
import JEPATensor
import JEPATestSupport

/// The kinds of flow that every test goes through.
enum FlowKind: String, CaseIterable, Sendable {
  case affine, affineWithTriangles, spline, splineWithTriangles, couplingsAlone, conditionalGaussian

  /// Small networks.
  var options: FlowOptions {
    var options = FlowOptions()
    options.couplings = 3
    options.hiddenDimensions = 10
    options.bins = 5
    options.tailBound = 4
    switch self {
    case .affine: break
    case .affineWithTriangles: options.mixing = .lu
    case .spline: options.coupling = .spline
    case .splineWithTriangles:
      options.coupling = .spline
      options.mixing = .lu
      options.residualBlocks = 2
    case .couplingsAlone:
      options.conditionalAffine = false
      options.couplings = 4
      options.residualBlocks = 0
    case .conditionalGaussian: options.couplings = 0
    }
    return options
  }

  /// A head whose every value has been moved from where it started.
  func head(context: Int, target: Int, dtype: DType = .float64, seed: UInt64 = 1) -> FlowHead {
    var random = RandomSource(seed: seed)
    var head = FlowHead(
      contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
      using: &random)
    head.forEachParameter { name, tensor, _ in
      var draws = random.split(name)
      tensor = tensor + Tensor.normal(tensor.shape, dtype: dtype, using: &draws) * 0.2
    }
    return head
  }
}

func normal(_ shape: [Int], _ seed: UInt64, dtype: DType = .float64) -> Tensor {
  var random = RandomSource(seed: seed)
  return .normal(shape, dtype: dtype, using: &random)
}
