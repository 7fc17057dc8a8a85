import JEPATensor
import JEPATestSupport

extension OperatorCase {
  /// Sizes (M, K, N): empty, single, odd, and either side of where long axes are cut into pieces.
  private static let sizes: [(Int, Int, Int)] = [
    (1, 1, 1), (3, 5, 7), (0, 3, 5), (3, 0, 5), (3, 5, 0), (17, 1, 3), (1, 17, 1), (63, 17, 3),
    (65, 3, 17), (513, 5, 3), (600, 17, 5), (3, 600, 5), (5, 513, 17), (17, 63, 65), (1200, 3, 2),
  ]
  private static let batches: [(Int, Int, Int, Int)] = [
    (3, 5, 7, 2), (1, 3, 4, 5), (0, 2, 3, 4), (2, 65, 17, 3), (2, 3, 0, 4),
  ]

  static let products: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
      let name = "matmul\(ta ? " Aᵀ" : "")\(tb ? " Bᵀ" : "")"
      var shapes: [[[Int]]] = []
      for (m, k, n) in sizes { shapes.append([ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]]) }
      for (b, m, k, n) in batches {
        shapes.append([ta ? [b, k, m] : [b, m, k], tb ? [b, n, k] : [b, k, n]])
      }
      for pair in shapes {
        cases.append(
          OperatorCase(name, pair, slack: 2, terms: 1) { x in
            matmul(x[0], x[1], transposeA: ta, transposeB: tb)
          } naive: { x in
            Naive.matmul(x[0], x[1], transposeA: ta, transposeB: tb)
          })
      }
    }
    return cases
  }()

  static let linears: [OperatorCase] = {
    let leads: [[Int]] = [
      [], [1], [3], [0], [17], [63], [65], [512], [513], [600], [2, 3], [2, 0], [5, 130],
    ]
    var cases: [OperatorCase] = []
    for lead in leads {
      for (inputs, outputs) in [(5, 7), (33, 17), (1, 1)] {
        cases += linear(lead, inputs, outputs)
      }
    }
    return cases + linear([4], 0, 3) + linear([4], 3, 0)
  }()

  private static func linear(_ lead: [Int], _ inputs: Int, _ outputs: Int) -> [OperatorCase] {
    let shapes = [lead + [inputs], [outputs, inputs], [outputs]]
    return [
      OperatorCase("linear", shapes, slack: 2, terms: 1) { x in
        JEPATensor.linear(x[0], weight: x[1], bias: x[2].cast(to: x[2].dtype.accumulation))
      } naive: { x in
        Naive.linear(x[0], weight: x[1], bias: x[2])
      },
      OperatorCase("linear without bias", Array(shapes.prefix(2)), slack: 2, terms: 1) { x in
        JEPATensor.linear(x[0], weight: x[1], bias: nil)
      } naive: { x in
        Naive.linear(x[0], weight: x[1], bias: nil)
      },
    ]
  }
}
