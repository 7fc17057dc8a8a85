import Foundation
import JEPA
import JEPATensor

/// y ~ N(W c + b, diag e²ˢ): whose best fit is known.
struct LinearGaussianHead: DensityPredictor {
  var proj: Linear
  /// s, [D].
  var logScale: Tensor

  init(contextDimensions: Int, targetDimensions: Int, dtype: DType = .float32) {
    proj = Linear(zeros: contextDimensions, targetDimensions, dtype: dtype)
    logScale = .zeros([targetDimensions], dtype: dtype)
  }

  func callAsFunction(_ context: Tensor) -> DiagonalGaussian {
    DiagonalGaussian(mean: proj(context), logScale: logScale)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("proj", &proj)
    visitor.parameter("log_scale", &logScale)
  }
}

struct DiagonalGaussian: ExactDensity {
  let mean: Tensor
  let logScale: Tensor

  func logDensity(of y: Tensor) -> Tensor {
    let z = (y - mean) * (-logScale).exp()
    return (z.square() * -0.5 - logScale - 0.5 * log(2 * Double.pi)).sum(axis: 1)
  }

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }

  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let noise = Tensor.normal([count] + mean.shape, dtype: mean.dtype, using: &random)
    return mean + noise * logScale.exp()
  }

  func mean(using random: inout RandomSource) -> Tensor { mean }
}

/// A head that gives points only: ½ Σ (y − b)², times `factor`, plus noise of its own.
struct PlainHead: DensityPredictor {
  var location = Tensor.zeros([2])
  var noise = 0.0
  /// What the loss is made of; given the squared distances [N] and the parameter.
  var shaping: @Sendable (Tensor, Tensor) -> Tensor = { distance, _ in distance }

  func callAsFunction(_ context: Tensor) -> PlainPrediction {
    PlainPrediction(
      location: location.expanded(axis: 0).broadcast(to: [context.shape[0], 2]), head: self)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("location", &location)
  }
}

struct PlainPrediction: ConditionalDensity {
  let location: Tensor
  let head: PlainHead

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let distance = (y - location).square().sum(axis: 1) * 0.5
    let noise = random.normal(distance.shape) * head.noise
    let loss = head.shaping(distance, head.location)
    return head.noise == 0 ? loss : loss + noise
  }

  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    location.expanded(axis: 0).broadcast(to: [count] + location.shape)
  }

  func mean(using random: inout RandomSource) -> Tensor { location }
}

/// A head whose densities are noisy estimates.
struct EstimatingHead: DensityPredictor {
  var plain = PlainHead()
  var traceProbes: Int?

  func callAsFunction(_ context: Tensor) -> Estimating {
    Estimating(plain: plain(context), traceProbes: traceProbes)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.module("plain", &plain) }

  struct Estimating: EstimatedDensity {
    let plain: PlainPrediction
    let traceProbes: Int?

    func estimatedLogDensity(of y: Tensor, using random: inout RandomSource) -> Tensor {
      plain.loss(of: y, using: &random) * -1 + Tensor.normal([y.shape[0]], using: &random)
    }

    func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
      plain.loss(of: y, using: &random)
    }

    func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
      plain.sample(count, using: &random)
    }

    func mean(using random: inout RandomSource) -> Tensor { plain.mean(using: &random) }
  }
}
