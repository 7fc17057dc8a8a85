import Foundation
import JEPATensor

/// log p(y) of independent Laplace distributions, summed over coordinates: an operator with a gradient of its own.
///
/// - Parameters:
///   - y, mean, logScale: [N, D], of one type.
/// - Returns: [N], nats.
public func laplaceLogDensity(of y: Tensor, mean: Tensor, logScale: Tensor) -> Tensor {
  Tensor.apply("Laplace log-density", to: [mean, logScale]) { operands in
    let rate = (-operands[1]).exp()
    let z = (y.detached() - operands[0]) * rate
    return OperatorResult((-(z.absolute()) - operands[1] - log(2)).sum(axis: 1)) { upstream in
      let row = upstream.expanded(axis: 1)
      return [z.sign() * rate * row, (z.absolute() - 1) * row]
    }
  }
}
