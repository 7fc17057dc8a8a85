import JEPATensor
import JEPATestSupport
import Testing

/// An operator with its naive twin and the shapes to try it on.
struct OperatorCase: Sendable, CustomTestStringConvertible {
  /// Where an operator's inputs are drawn from.
  enum Domain: Sendable {
    case normal
    /// Between 0.25 and 4, for logarithms and roots.
    case positive
    /// Magnitudes between 0.25 and 4, for divisors.
    case nonzero
  }

  var name: String
  var shapes: [[Int]]
  var domain = Domain.normal
  /// Multiplies the tolerances.
  var slack = 1.0
  /// The size of the terms that a sum is made of, where they may cancel.
  var terms = 0.0
  var isDifferentiable = true
  var apply: @Sendable ([Tensor]) -> Tensor
  var naive: @Sendable ([Naive]) -> Naive

  init(
    _ name: String, _ shapes: [[Int]], domain: Domain = .normal, slack: Double = 1,
    terms: Double = 0, isDifferentiable: Bool = true,
    _ apply: @escaping @Sendable ([Tensor]) -> Tensor,
    naive: @escaping @Sendable ([Naive]) -> Naive
  ) {
    self.name = name
    self.shapes = shapes
    self.domain = domain
    self.slack = slack
    self.terms = terms
    self.isDifferentiable = isDifferentiable
    self.apply = apply
    self.naive = naive
  }

  var testDescription: String {
    "\(name) \(shapes.map(String.init(describing:)).joined(separator: " "))"
  }

  /// float64 inputs; rounded ones are exact in every type.
  func inputs(rounded: Bool) -> [Tensor] {
    var random = RandomSource(seed: 11).split(testDescription)
    return shapes.map { shape in
      let values: Tensor
      switch domain {
      case .normal: values = .normal(shape, dtype: .float64, using: &random)
      case .positive:
        values = .magnitudes(shape, from: 0.25, to: 4, positive: true, using: &random)
      case .nonzero: values = .magnitudes(shape, from: 0.25, to: 4, using: &random)
      }
      return rounded ? values.cast(to: .bfloat16).cast(to: .float64) : values
    }
  }

  static let all: [OperatorCase] = [
    arithmetic, choices, distances, unary, reductions, normalizations, movements, joins, rows,
    products, linears, attentions,
  ].flatMap { $0 }
}

@Suite struct OperatorTests {
  @Test(arguments: OperatorCase.all, DType.allCases)
  func agreesWithItsNaiveTwin(_ operation: OperatorCase, _ dtype: DType) {
    let inputs = operation.inputs(rounded: true)
    let actual = operation.apply(inputs.map { $0.cast(to: dtype) })
    let expected = operation.naive(inputs.map(Naive.init)).tensor
    let tolerance: [DType: Double] = [.float64: 1e-13, .float32: 1e-6, .bfloat16: 4e-3]
    #expect(actual.dtype == dtype)
    #expect(!actual.needsGradient)
    expectClose(
      actual, expected, ofLargest: tolerance[dtype, default: 0] * operation.slack,
      atLeast: operation.terms)
  }

  @Test(arguments: OperatorCase.all.filter(\.isDifferentiable))
  func gradientAgreesWithFiniteDifferences(_ operation: OperatorCase) {
    gradientCheck(at: operation.inputs(rounded: false)) { operation.apply($0) }
  }

  @Test(arguments: OperatorCase.all.filter(\.isDifferentiable), [DType.float32, .bfloat16])
  func gradientAgreesAcrossTypes(_ operation: OperatorCase, _ dtype: DType) {
    let inputs = operation.inputs(rounded: true)
    var random = RandomSource(seed: 5)
    let upstream = Tensor.roundedNormal(operation.apply(inputs).shape, using: &random)
    let exact = valueAndGradients(at: inputs, upstream: upstream, operation.apply).gradients
    let actual = valueAndGradients(
      at: inputs.map { $0.cast(to: dtype) }, upstream: upstream.cast(to: dtype), operation.apply
    ).gradients
    let tolerance = (dtype == .float32 ? 4e-6 : 2e-2) * operation.slack
    for (index, (gradient, reference)) in zip(actual, exact).enumerated() {
      guard let gradient, let reference else {
        #expect(gradient == nil && reference == nil, "input \(index)")
        continue
      }
      expectClose(
        gradient, reference, ofLargest: tolerance, atLeast: operation.terms, "input \(index)")
    }
  }
}
