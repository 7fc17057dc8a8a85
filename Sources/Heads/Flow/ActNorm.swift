import JEPATensor

/// A learned scale and shift per coordinate, y eˢ + b (Kingma & Dhariwal 2018, section 3.1). Starts as
/// the identity; `FlowHead.initialized(from:context:)` sets it from data.
public struct ActNorm: Module {
  /// s, [D].
  public var logScale: Tensor
  /// b, [D].
  public var shift: Tensor

  init(dimensions: Int, dtype: DType) {
    logScale = .zeros([dimensions], dtype: dtype)
    shift = .zeros([dimensions], dtype: dtype)
  }

  /// With scale and shift that bring `rows` [N, D] to mean 0 and variance 1. A coordinate that hardly
  /// varies (standard deviation below about 1e-3) is scaled by no more than a thousand.
  func fitted(to rows: Tensor) -> ActNorm {
    let rows = rows.cast(to: .float64)
    let mean = rows.mean(axis: 0)
    let s = (rows.variance(axis: 0) + 1e-6).log() * -0.5
    var copy = self
    copy.logScale = s.cast(to: logScale.dtype)
    copy.shift = (-(mean * s.exp())).cast(to: shift.dtype)
    return copy
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("log_scale", &logScale)
    visitor.parameter("shift", &shift)
  }
}
