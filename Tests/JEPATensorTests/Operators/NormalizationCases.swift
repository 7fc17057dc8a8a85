import JEPATensor
import JEPATestSupport

extension OperatorCase {
  private static let shapes: [[Int]] = [
    [1], [17], [0, 3], [3, 1], [5, 17], [2, 3, 33], [63, 65], [3, 600], [5, 96], [3, 192],
    [2, 384],
  ]

  private static func overLastAxis(
    _ name: String, slack: Double, _ apply: @escaping @Sendable (Tensor) -> Tensor,
    _ naive: @escaping @Sendable (Naive) -> Naive
  ) -> [OperatorCase] {
    shapes.map { shape in
      OperatorCase(name, [shape], slack: slack, { apply($0[0]) }, naive: { naive($0[0]) })
    }
  }

  static let normalizations: [OperatorCase] = {
    var cases: [OperatorCase] = []
    cases += overLastAxis("softmax", slack: 2, { $0.softmax() }, { $0.softmax() })
    cases += overLastAxis("logSoftmax", slack: 4, { $0.logSoftmax() }) { x in
      x.alongAxis(-1, count: x.shape[x.rank - 1]) { line in
        line.map { $0 - Naive.logSumExp(line) }
      }
    }
    cases += overLastAxis("logSumExp", slack: 2, { $0.logSumExp() }) {
      $0.reduced(axis: -1, Naive.logSumExp)
    }
    cases += overLastAxis("logSumExp kept", slack: 2, { $0.logSumExp(keepingDimensions: true) }) {
      $0.reduced(axis: -1, keepingDimensions: true, Naive.logSumExp)
    }
    cases += overLastAxis("layerNorm", slack: 4, { $0.layerNorm(epsilon: 1e-2) }) {
      $0.layerNorm(weight: nil, bias: nil, epsilon: 1e-2)
    }
    cases += shapes.map { shape in
      let width = shape[shape.count - 1]
      return OperatorCase("layerNorm", [shape, [width], [width]], slack: 4) { x in
        x[0].layerNorm(
          weight: x[1].cast(to: x[1].dtype.accumulation),
          bias: x[2].cast(to: x[2].dtype.accumulation), epsilon: 1e-2)
      } naive: { x in
        x[0].layerNorm(weight: x[1], bias: x[2], epsilon: 1e-2)
      }
    }
    return cases
  }()
}
