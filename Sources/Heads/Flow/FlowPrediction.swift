import Foundation
import JEPADensity
import JEPATensor

/// The density of a ``FlowHead`` for N rows of context.
public struct FlowPrediction: ExactDensity {
  let head: FlowHead
  let terms: ContextTerms

  /// The flow from targets to N(0, I).
  ///
  /// - Parameter y: [N, D].
  /// - Returns: z [N, D] and log |det ∂z/∂y| [N].
  public func forward(_ y: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    require(
      y.shape == [terms.rows, head.targetDimensions],
      "FlowPrediction: targets \(y.shape) for \(terms.rows) rows of \(head.targetDimensions)")
    var rows = FlowHead.rows(y.cast(to: head.accumulationType))
    if let affine = head.affine { rows = affine(rows, terms: terms.affine) }
    for (step, terms) in zip(head.steps, terms.steps) {
      rows = step.coupling(step.linearMap()(rows), terms: terms)
    }
    return Self.parted(rows)
  }

  /// The flow from N(0, I) to targets. Passes no gradient.
  ///
  /// - Parameter z: [N, D], or [S, N, D].
  /// - Returns: y of z's shape and log |det ∂y/∂z|, [N] or [S, N].
  public func inverse(_ z: Tensor) -> (y: Tensor, logDeterminant: Tensor) {
    require(
      (z.rank == 2 || z.rank == 3)
        && z.shape.suffix(2) == [terms.rows, head.targetDimensions],
      "FlowPrediction: \(z.shape) for \(terms.rows) rows of \(head.targetDimensions)")
    let inverse = InverseFlow(of: head)
    return Self.parted(
      inverse(z.detached().cast(to: head.accumulationType), terms.detached(0..<terms.rows)))
  }

  private static func parted(_ rows: Tensor) -> (Tensor, Tensor) {
    let d = rows.shape[rows.rank - 1] - 1
    return (
      rows.slice(axis: -1, 0..<d),
      rows.slice(axis: -1, d..<d + 1).reshaped(Array(rows.shape.dropLast()))
    )
  }

  /// log p(y | c) per row, in nats: [N].
  public func logDensity(of y: Tensor) -> Tensor {
    let (z, logDeterminant) = forward(y)
    let constant = Double(head.targetDimensions) / 2 * log(2 * Double.pi)
    return z.square().sum(axis: 1) * -0.5 + logDeterminant - constant
  }

  /// −log p(y | c) per row, in nats: [N]. Draws nothing.
  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    -logDensity(of: y.detached())
  }
}

/// A head made ready for sampling: outside any graph, its linear maps inverted once.
struct InverseFlow: Sendable {
  private let head: FlowHead
  private let maps: [RowMap]

  init(of head: FlowHead) {
    self.head = head.detached()
    maps = self.head.steps.map { $0.inverseLinearMap() }
  }

  /// z [..., N, D] → rows [..., N, D + 1] of y and log |det ∂y/∂z|.
  func callAsFunction(_ z: Tensor, _ terms: ContextTerms) -> Tensor {
    var rows = FlowHead.rows(z)
    for index in head.steps.indices.reversed() {
      rows = head.steps[index].coupling(rows, terms: terms.steps[index], inverse: true)
      rows = maps[index](rows)
    }
    if let affine = head.affine { rows = affine(rows, terms: terms.affine, inverse: true) }
    return rows
  }
}
