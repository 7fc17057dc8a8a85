import JEPADensity
import JEPATensor

/// I-JEPA's own predictor (Assran et al. 2023): one linear map to one point, trained by smooth L1.
/// The deterministic baseline, as a head like any other.
public struct PointHead: DensityPredictor {
  /// [D, C]; the reference calls it `predictor.predictor_proj`.
  public var proj: Linear
  /// Where smooth L1 turns from squared to linear.
  public var beta: Double

  public init(
    contextDimensions: Int, targetDimensions: Int, beta: Double = 1, dtype: DType = .float32,
    using random: inout RandomSource
  ) {
    proj = Linear(
      inputDimensions: contextDimensions, outputDimensions: targetDimensions, deviation: 0.02,
      dtype: dtype, using: &random)
    self.beta = beta
  }

  /// [N, C] → a point per row.
  public func callAsFunction(_ context: Tensor) -> PointPrediction {
    PointPrediction(
      location: proj(context).cast(to: context.dtype.accumulation), beta: beta)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("proj", &proj)
  }
}

/// All mass at one point.
public struct PointPrediction: ConditionalDensity {
  /// [N, D].
  public let location: Tensor
  let beta: Double

  /// Mean over the dimensions of the smooth L1 distance: [N].
  public func loss(of y: Tensor, using random: inout RandomSource) -> Tensor {
    location.smoothL1(to: y, beta: beta).mean(axis: 1)
  }

  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    location.expanded(axis: 0).broadcast(to: [count] + location.shape)
  }

  public func mean(using random: inout RandomSource) -> Tensor { location }
}
