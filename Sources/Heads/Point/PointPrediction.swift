import Foundation
import JEPADensity
import JEPATensor

/// A point per row, and around it an isotropic Gaussian.
public struct PointPrediction: ExactDensity, ModalDensity {
  /// [N, D].
  public let location: Tensor
  let beta: Double
  let scale: Scale

  enum Scale: Sendable {
    case fixed(Double)
    /// log σ, [1].
    case learned(log: Tensor)
  }

  /// The deviation σ of every coordinate.
  public var deviation: Double {
    switch scale {
    case .fixed(let value): value
    case .learned(let log): exp(log.detached().item())
    }
  }

  /// Mean over the dimensions of the smooth L1 distance: [N].
  ///
  /// Where the scale is learned, the negative log-density per dimension is added, with the point held
  /// fixed: its gradient moves σ alone.
  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let distance = location.smoothL1(to: y, beta: beta).mean(axis: 1)
    guard case .learned(let log) = scale else { return distance }
    let dimensions = Double(max(1, y.shape[1]))
    return distance - Self.logDensity(y - location.detached(), logScale: log) / dimensions
  }

  /// log N(y; μ, σ² I): [N].
  public func logDensity(of y: Tensor) -> Tensor {
    let logScale: Tensor =
      switch scale {
      case .fixed(let value): Tensor([log(value)], shape: [1], dtype: location.dtype)
      case .learned(let log): log
      }
    return Self.logDensity(y - location, logScale: logScale)
  }

  private static func logDensity(_ difference: Tensor, logScale: Tensor) -> Tensor {
    let dimensions = Double(difference.shape[1])
    let normalized = difference * (-logScale).exp()
    return normalized.square().sum(axis: 1) * -0.5 - logScale * dimensions
      - 0.5 * dimensions * log(2 * Double.pi)
  }

  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let noise = Tensor.gaussianNoise(
      [count] + location.shape, dtype: location.dtype, using: &random)
    return location + noise * deviation
  }

  public func mean(using random: inout RandomSource) -> Tensor { location }

  /// The point, with all the mass.
  public func modes(limit: Int) -> [[Mode]] {
    let (rows, width) = (location.shape[0], location.shape[1])
    let peak = -Double(width) * (log(deviation) + 0.5 * log(2 * Double.pi))
    return (0..<rows).map { row in
      let point = location.detached().slice(axis: 0, row..<row + 1).reshaped([width])
      return limit < 1 ? [] : [Mode(location: point, weight: 1, logDensity: peak)]
    }
  }
}
