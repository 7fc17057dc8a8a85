import JEPATensor
import JEPATestSupport

extension OperatorCase {
  /// Pairs of shapes: equal, scalars, repeated axes on either side, other ranks, empty, odd.
  private static let pairs: [([Int], [Int])] = [
    ([], []), ([3], []), ([], [2, 3]), ([1], [1]), ([17], [17]), ([1], [5]), ([5], [1]),
    ([4, 1], [1, 5]), ([1, 5], [4, 1]), ([2, 3, 4], [4]), ([4], [2, 3, 4]), ([2, 3, 4], [3, 4]),
    ([2, 3, 4], [2, 1, 4]), ([2, 1, 4], [3, 1]), ([2, 3, 4], [2, 3, 1]), ([1, 1, 1], [2, 1, 2]),
    ([5, 1, 3, 1], [1, 4, 1, 2]), ([63, 65], [65]), ([63, 65], [63, 1]),
    ([0], [0]), ([0], []), ([0, 3], [3]), ([0, 3], [1, 3]), ([2, 0], [2, 1]), ([2, 1], [1, 0]),
  ]

  private static func binary(
    _ name: String, domain: Domain = .normal, slack: Double = 1, isDifferentiable: Bool = true,
    _ apply: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ naive: @escaping @Sendable (Double, Double) -> Double
  ) -> [OperatorCase] {
    pairs.map { a, b in
      OperatorCase(
        name, [a, b], domain: domain, slack: slack, isDifferentiable: isDifferentiable,
        { apply($0[0], $0[1]) }, naive: { Naive.combined($0[0], $0[1], naive) })
    }
  }

  private static func scalar(
    _ name: String, domain: Domain = .normal, _ apply: @escaping @Sendable (Tensor) -> Tensor,
    _ naive: @escaping @Sendable (Double) -> Double
  ) -> [OperatorCase] {
    [[], [0], [3, 17]].map { (shape: [Int]) in
      OperatorCase(name, [shape], domain: domain, { apply($0[0]) }, naive: { $0[0].mapped(naive) })
    }
  }

  static let arithmetic: [OperatorCase] = {
    var cases: [OperatorCase] = []
    cases += binary("+", { $0 + $1 }, { $0 + $1 })
    cases += binary("-", { $0 - $1 }, { $0 - $1 })
    cases += binary("*", { $0 * $1 }, { $0 * $1 })
    cases += binary("/", domain: .nonzero, slack: 2, { $0 / $1 }, { $0 / $1 })
    cases += binary("maximum", { .maximum($0, $1) }, { Swift.max($0, $1) })
    cases += binary("minimum", { .minimum($0, $1) }, { Swift.min($0, $1) })
    cases += binary(".<", isDifferentiable: false, { $0 .< $1 }, { $0 < $1 ? 1 : 0 })
    cases += binary(".>", isDifferentiable: false, { $0 .> $1 }, { $0 > $1 ? 1 : 0 })
    cases += binary(".==", isDifferentiable: false, { $0.floor() .== $1.floor() }) {
      $0.rounded(.down) == $1.rounded(.down) ? 1 : 0
    }
    cases += scalar("x + 2.5", { $0 + 2.5 }, { $0 + 2.5 })
    cases += scalar("x - 2.5", { $0 - 2.5 }, { $0 - 2.5 })
    cases += scalar("x * 2.5", { $0 * 2.5 }, { $0 * 2.5 })
    cases += scalar("x / 3", { $0 / 3 }, { $0 / 3 })
    cases += scalar("2.5 + x", { 2.5 + $0 }, { 2.5 + $0 })
    cases += scalar("2.5 - x", { 2.5 - $0 }, { 2.5 - $0 })
    cases += scalar("2.5 * x", { 2.5 * $0 }, { 2.5 * $0 })
    cases += scalar("2.5 / x", domain: .nonzero, { 2.5 / $0 }, { 2.5 / $0 })
    cases += scalar("-x", { -$0 }, { -$0 })
    return cases
  }()

  static let choices: [OperatorCase] = choiceShapes.map { condition, a, b in
    OperatorCase(
      "where", [condition, a, b],
      { .where($0[0].detached() .> Tensor(0, dtype: $0[0].dtype), $0[1], $0[2]) },
      naive: { Naive.broadcast($0) { $0[0] > 0 ? $0[1] : $0[2] } })
  }
  private static let choiceShapes: [([Int], [Int], [Int])] = [
    ([5], [5], [5]), ([4, 1], [1, 5], [4, 5]), ([3], [], [2, 3]), ([], [3], [3]),
    ([2, 3, 1], [3, 4], [2, 1, 4]), ([0, 2], [2], [1, 2]), ([63, 65], [65], []),
  ]

  static let distances: [OperatorCase] = [0.1, 1, 2].flatMap { beta in
    [[], [0, 4], [1], [17, 65]].map { (shape: [Int]) in
      OperatorCase(
        "smoothL1 β=\(beta)", [shape],
        { $0[0].smoothL1(to: Tensor.full(shape, 0.25, dtype: $0[0].dtype), beta: beta) },
        naive: { $0[0].mapped { Naive.smoothL1($0, 0.25, beta: beta) } })
    }
  }
}
