import Foundation
import JEPATensor
import JEPATestSupport

extension OperatorCase {
  private static func elementwise(
    _ name: String, domain: Domain = .normal, slack: Double = 1,
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    _ naive: @escaping @Sendable (Double) -> Double
  ) -> [OperatorCase] {
    [[], [0], [2, 0, 3], [1], [17], [63, 65]].map { (shape: [Int]) in
      OperatorCase(
        name, [shape], domain: domain, slack: slack, { apply($0[0]) },
        naive: { $0[0].mapped(naive) })
    }
  }

  static let unary: [OperatorCase] = {
    var cases: [OperatorCase] = []
    cases += elementwise("exp", { $0.exp() }, { exp($0) })
    cases += elementwise("log", domain: .positive, { $0.log() }, { log($0) })
    cases += elementwise("tanh", { $0.tanh() }, { tanh($0) })
    cases += elementwise("sigmoid", { $0.sigmoid() }, Naive.sigmoid)
    cases += elementwise("gelu", { $0.gelu() }, Naive.gelu)
    cases += elementwise("silu", { $0.silu() }, { $0 * Naive.sigmoid($0) })
    cases += elementwise("softplus", { $0.softplus() }, Naive.softplus)
    cases += elementwise("relu", { $0.relu() }, { Swift.max($0, 0) })
    cases += elementwise("square", { $0.square() }, { $0 * $0 })
    cases += elementwise("squareRoot", domain: .positive, { $0.squareRoot() }, { $0.squareRoot() })
    cases += elementwise("absolute", { $0.absolute() }, { abs($0) })
    cases += elementwise("reciprocal", domain: .nonzero, { $0.reciprocal() }, { 1 / $0 })
    cases += elementwise("sin", { $0.sin() }, { sin($0) })
    cases += elementwise("cos", { $0.cos() }, { cos($0) })
    cases += elementwise("sign", { $0.sign() }, { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 })
    cases += elementwise("floor", { $0.floor() }, { $0.rounded(.down) })
    cases += elementwise("clamped", { $0.clamped(-0.5, 1) }, { Swift.min(Swift.max($0, -0.5), 1) })
    return cases
  }()
}
