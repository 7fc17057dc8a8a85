import Foundation

extension Naive {
  /// NumPy's broadcasting: axes align at the back, an axis of size 1 repeats.
  public static func broadcast(_ operands: [Naive], _ body: ([Double]) -> Double) -> Naive {
    let rank = operands.map(\.rank).max() ?? 0
    var shape = [Int](repeating: 1, count: rank)
    for operand in operands {
      for (i, size) in operand.shape.enumerated() where size != 1 {
        shape[rank - operand.rank + i] = size
      }
    }
    return Naive(shape: shape) { index in
      body(
        operands.map { operand in
          let own = zip(index.dropFirst(rank - operand.rank), operand.shape)
          return operand[own.map { $1 == 1 ? 0 : $0 }]
        })
    }
  }

  public static func combined(
    _ a: Naive, _ b: Naive, _ body: (Double, Double) -> Double
  ) -> Naive {
    broadcast([a, b]) { body($0[0], $0[1]) }
  }

  public static func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
  public static func sigmoid(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }
  public static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
  public static func smoothL1(_ x: Double, _ target: Double, beta: Double) -> Double {
    let d = abs(x - target)
    return d < beta ? d * d / (2 * beta) : d - beta / 2
  }
}
