import Foundation
import JEPATensor
import JEPATestSupport

extension OperatorCase {
  /// Shapes with the axis to reduce.
  private static let axes: [([Int], Int)] = [
    ([1], 0), ([17], 0), ([17], -1), ([3, 5], 0), ([3, 5], 1), ([63, 65], 0), ([63, 65], -1),
    ([2, 3, 4], 0), ([2, 3, 4], 1), ([2, 3, 4], -1), ([2, 1, 3], 1), ([5, 70, 2], 1),
    ([0, 3], 1), ([3, 0], 0), ([2, 0, 3], -1),
  ]
  /// Sums are defined over nothing, too.
  private static let emptyAxes: [([Int], Int)] = [([0], 0), ([0, 3], 0), ([3, 0], 1)]

  private static func alongAxis(
    _ name: String, axes: [([Int], Int)], slack: Double = 1,
    _ apply: @escaping @Sendable (Tensor, Int, Bool) -> Tensor,
    _ naive: @escaping @Sendable ([Double]) -> Double
  ) -> [OperatorCase] {
    axes.flatMap { shape, axis in
      [true, false].map { keeping in
        OperatorCase(
          "\(name) axis \(axis)\(keeping ? " kept" : "")", [shape], slack: slack,
          { apply($0[0], axis, keeping) },
          naive: { $0[0].reduced(axis: axis, keepingDimensions: keeping, naive) })
      }
    }
  }

  private static func whole(
    _ name: String, _ shapes: [[Int]], slack: Double = 1,
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    _ naive: @escaping @Sendable (Naive) -> Naive
  ) -> [OperatorCase] {
    shapes.map { shape in
      OperatorCase(name, [shape], slack: slack, terms: 1, { apply($0[0]) }, naive: { naive($0[0]) })
    }
  }

  @Sendable private static func mean(_ line: [Double]) -> Double {
    line.reduce(0, +) / Double(line.count)
  }

  static let reductions: [OperatorCase] = {
    var cases: [OperatorCase] = []
    cases += alongAxis("sum", axes: axes + emptyAxes, { $0.sum(axis: $1, keepingDimensions: $2) }) {
      $0.reduce(0, +)
    }
    cases += alongAxis(
      "mean", axes: axes, slack: 2, { $0.mean(axis: $1, keepingDimensions: $2) }, mean)
    cases += alongAxis(
      "variance", axes: axes, slack: 4, { $0.variance(axis: $1, keepingDimensions: $2) }
    ) { line in
      let centre = mean(line)
      return mean(line.map { ($0 - centre) * ($0 - centre) })
    }
    cases += alongAxis("max", axes: axes, { $0.max(axis: $1, keepingDimensions: $2) }) {
      $0.max() ?? 0
    }
    cases += alongAxis("min", axes: axes, { $0.min(axis: $1, keepingDimensions: $2) }) {
      $0.min() ?? 0
    }
    cases += whole("sum", [[], [1], [0], [3, 0], [2, 3, 4], [63, 65]], { $0.sum() }) {
      Naive([$0.values.reduce(0, +)], shape: [])
    }
    cases += whole("mean", [[], [1], [2, 3, 4], [63, 65]], { $0.mean() }) {
      Naive([mean($0.values)], shape: [])
    }
    cases += whole(
      "cumulativeSum", [[1], [17], [0, 3], [3, 0], [3, 17], [2, 3, 65]], slack: 2,
      { $0.cumulativeSum() }, { $0.cumulativeSum() })
    return cases
  }()
}
