import JEPADensity
import JEPATensor

/// I-JEPA's own predictor (Assran et al. 2023): one linear map to one point, trained by smooth L1.
/// The deterministic baseline, as a head like any other.
///
/// To stand in one table with densities, the point is read as the mean of an isotropic Gaussian
/// N(μ, σ² I) whose deviation is given or learned; see ``PointOptions/scale``.
public struct PointHead: DensityPredictor {
  public let options: PointOptions
  /// [D, C]; the reference calls it `predictor.predictor_proj`.
  public var proj: Linear
  /// log σ, [1], where it is learned.
  public var logScale: Tensor?

  public init(
    contextDimensions: Int, targetDimensions: Int, options: PointOptions = PointOptions(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    self.options = options
    proj = Linear(
      inputDimensions: contextDimensions, outputDimensions: targetDimensions, deviation: 0.02,
      dtype: dtype, using: &random)
    logScale = options.scale == .learned ? .zeros([1], dtype: dtype) : nil
  }

  /// [N, C] → a point per row.
  public func callAsFunction(_ context: Tensor) -> PointPrediction {
    let location = proj(context).cast(to: context.dtype.accumulation)
    let scale: PointPrediction.Scale =
      switch options.scale {
      case .fixed(let deviation): .fixed(deviation)
      case .learned: .learned(log: logScale ?? .zeros([1], dtype: location.dtype))
      }
    return PointPrediction(location: location, beta: options.beta, scale: scale)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("proj", &proj)
    visitor.parameter("log_scale", &logScale)
  }
}
