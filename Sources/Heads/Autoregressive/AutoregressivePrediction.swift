import Foundation
import JEPADensity
import JEPATensor

/// An autoregressive density per row of the context.
public struct AutoregressivePrediction: ExactDensity, ComponentDensity {
  let head: AutoregressiveHead
  /// [N, C], in the weights' type.
  let context: Tensor

  /// Draws behind ``mean(using:)``.
  public static let meanDraws = 64

  private var rows: Int { context.shape[0] }
  private var dimensions: Int { head.layout.targetDimensions }
  private var dtype: DType { context.dtype.accumulation }

  /// log p(y | c), nats: [N]. With several orderings, the logarithm of the mean of their densities.
  public func logDensity(of y: Tensor) -> Tensor {
    let count = head.options.orderings
    if count == 1 { return head.logDensity(of: y, context: context, 0) }
    let each = (0..<count).map { head.logDensity(of: y, context: context, $0) }
    return Tensor.stacked(each, axis: 1).logSumExp() - log(Double(count))
  }

  /// −log p(y | c), nats: [N]. With several orderings, that of one of them, drawn once for a batch: in
  /// expectation an upper bound of −log p.
  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let count = head.options.orderings
    let ordering = count == 1 ? 0 : random.shared.integer(below: count)
    return -head.logDensity(of: y, context: context, ordering)
  }

  /// `count` draws per row: [S, N, D], at about the cost of one density each.
  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    sampler.draw(count, context: wideContext, .draws, using: &random)
  }

  public var meanDraws: Int? { Self.meanDraws }

  /// The expectation per row, [N, D]: the mean over ``meanDraws`` draws of each coordinate's
  /// expectation given those drawn before it. Exact for the first coordinate of an ordering.
  public func mean(using random: inout RandomSource) -> Tensor {
    let (sampler, context) = (sampler, wideContext)
    var total = Tensor.zeros([rows, dimensions], dtype: dtype)
    let batch = 8
    for _ in 0..<Self.meanDraws / batch {
      total =
        total
        + sampler.draw(batch, context: context, .expectations, using: &random).sum(axis: 0)
    }
    return total / Double(Self.meanDraws)
  }

  /// The perplexity of a coordinate's mean mixture weights over the rows, averaged over the
  /// coordinates. Weights depend on the coordinates before, so they are taken at one draw per row,
  /// from a fixed seed, for at most 256 rows; 1 where there are none.
  public var usedComponents: Double {
    if rows == 0 { return 1 }
    let count = min(rows, 256)
    let part = AutoregressivePrediction(
      head: head, context: context.detached().gatherRows((0..<count).map { $0 * rows / count }))
    var random = RandomSource(seed: 0)
    let y = part.sample(1, using: &random).reshaped([count, dimensions])
    let components = head.options.components
    var total = 0.0
    for block in head.parameters(of: head.layout.ordered(y, 0), context: part.context, 0) {
      let width = block.positions.count
      let weights = block.values.detached().slice(axis: 1, 0..<1).cast(to: dtype)
        .reshaped([count, components, width]).transposed().softmax()  // [N, positions, K]
        .mean(axis: 0).doubles()
      for position in 0..<width {
        let line = weights[position * components..<(position + 1) * components]
        total += exp(-line.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 })
      }
    }
    return total / Double(dimensions)
  }

  private var sampler: AutoregressiveSampler { AutoregressiveSampler(head) }
  private var wideContext: Tensor { context.detached().cast(to: dtype) }
}
