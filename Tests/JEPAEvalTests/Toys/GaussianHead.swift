import Foundation
import JEPADensity
import JEPATensor

/// N(W c + b, σ² I) with a learned σ: the smallest head with an exact density.
struct GaussianHead: DensityPredictor {
  var mean: Linear
  var logScale = Tensor.zeros([1])

  init(contextDimensions: Int, targetDimensions: Int) {
    mean = Linear(zeros: contextDimensions, targetDimensions)
  }

  func callAsFunction(_ context: Tensor) -> GaussianPrediction {
    GaussianPrediction(location: mean(context), logScale: logScale, features: context)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("mean", &mean)
    visitor.parameter("log_scale", &logScale)
  }
}

struct GaussianPrediction: ExactDensity {
  let location: Tensor
  let logScale: Tensor
  /// What the head was given.
  let features: Tensor

  func logDensity(of y: Tensor) -> Tensor {
    let width = Double(y.shape[1])
    let z = (y - location) * (-logScale).exp()
    return z.square().sum(axis: 1) * -0.5 - logScale * width - 0.5 * width * log(2 * Double.pi)
  }
  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let noise = Tensor.normal([count] + location.shape, using: &random)
    return location.detached() + noise * logScale.detached().exp()
  }
  func mean(using random: inout RandomSource) -> Tensor { location }
}
