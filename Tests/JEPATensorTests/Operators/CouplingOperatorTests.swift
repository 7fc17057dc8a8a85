import JEPATensor
import JEPATestSupport
import Testing

/// A layer of a coupling flow, with its naive twin.
struct CouplingCase: Sendable, CustomTestStringConvertible {
  enum Kind: Sendable, CaseIterable { case affine, spline }

  var kind: Kind
  var rows: Int
  /// D.
  var width: Int
  var columns: [Int32]
  var bins = 5
  var bound = 3.0

  var testDescription: String {
    "\(kind) [\(rows), \(width)] at \(columns.prefix(4)), \(bins) bins"
  }
  var parameterWidth: Int { columns.count * (kind == .affine ? 2 : 3 * bins - 1) }

  func apply(_ x: Tensor, _ parameters: Tensor, inverse: Bool = false) -> Tensor {
    switch kind {
    case .affine:
      x.affineCoupling(parameters: parameters, columns: columns, bound: bound, inverse: inverse)
    case .spline:
      x.splineCoupling(
        parameters: parameters, columns: columns, bins: bins, tailBound: bound, inverse: inverse)
    }
  }

  func naive(_ x: Tensor, _ parameters: Tensor, inverse: Bool = false) -> Tensor {
    let columns = columns.map(Int.init)
    switch kind {
    case .affine:
      return Naive(x).affineCoupling(
        parameters: Naive(parameters), columns: columns, bound: bound, inverse: inverse
      ).tensor
    case .spline:
      return Naive(x).splineCoupling(
        parameters: Naive(parameters), columns: columns, bins: bins, tailBound: bound,
        slope: 1e-3, inverse: inverse
      ).tensor
    }
  }

  /// Rows and parameters that every element type holds exactly; some rows are beyond the bound.
  func inputs() -> (x: Tensor, parameters: Tensor) {
    var random = RandomSource(seed: 5).split(testDescription)
    let x = Tensor.roundedNormal([rows, width + 1], using: &random) * 2
    return (x, .roundedNormal([rows, parameterWidth], using: &random))
  }

  static let all: [CouplingCase] = Kind.allCases.flatMap { kind in
    [
      CouplingCase(kind: kind, rows: 7, width: 5, columns: [3, 0, 4]),
      CouplingCase(kind: kind, rows: 4, width: 1, columns: [0], bins: 8),
      CouplingCase(kind: kind, rows: 3, width: 131, columns: (0..<65).map { $0 * 2 }),
      CouplingCase(kind: kind, rows: 2, width: 64, columns: Array(0..<64), bins: 64),
      CouplingCase(kind: kind, rows: 5, width: 33, columns: Array(1..<33), bins: 1),
      CouplingCase(kind: kind, rows: 3, width: 4, columns: []),
      CouplingCase(kind: kind, rows: 0, width: 4, columns: [1, 2]),
    ]
  }
}

@Suite struct CouplingOperatorTests {
  @Test(arguments: CouplingCase.all, [DType.float64, .float32, .bfloat16])
  func agreesWithItsNaiveTwin(_ operation: CouplingCase, _ parameterType: DType) {
    let (x, parameters) = operation.inputs()
    let dtype = parameterType.accumulation
    let tolerance = dtype == .float64 ? 1e-12 : 1e-5
    for inverse in [false, true] {
      let actual = operation.apply(
        x.cast(to: dtype), parameters.cast(to: parameterType), inverse: inverse)
      #expect(actual.dtype == dtype)
      expectClose(
        actual, operation.naive(x, parameters, inverse: inverse), ofLargest: tolerance,
        inverse ? "inverse" : "forward")
    }
  }

  @Test(arguments: CouplingCase.all)
  func inverseUndoes(_ operation: CouplingCase) {
    let (x, parameters) = operation.inputs()
    let there = operation.apply(x, parameters)
    expectClose(
      operation.apply(there, parameters, inverse: true), x, absolute: 1e-11, relative: 1e-11)
  }

  @Test(arguments: CouplingCase.all)
  func gradientAgreesWithFiniteDifferences(_ operation: CouplingCase) {
    let (x, parameters) = operation.inputs()
    gradientCheck(at: [x, parameters], tolerance: 1e-6) { operation.apply($0[0], $0[1]) }
  }

  @Test(arguments: CouplingCase.all, [DType.float32, .bfloat16])
  func gradientAgreesAcrossTypes(_ operation: CouplingCase, _ parameterType: DType) {
    let (x, parameters) = operation.inputs()
    var random = RandomSource(seed: 6)
    let upstream = Tensor.roundedNormal(x.shape, using: &random)
    let exact = valueAndGradients(at: [x, parameters], upstream: upstream) {
      operation.apply($0[0], $0[1])
    }.gradients
    let actual = valueAndGradients(
      at: [x.cast(to: .float32), parameters.cast(to: parameterType)],
      upstream: upstream.cast(to: .float32)
    ) { operation.apply($0[0], $0[1]) }.gradients
    for (index, (a, b)) in zip(actual, exact).enumerated() {
      guard let a, let b else {
        Issue.record("no gradient of input \(index)")
        continue
      }
      // Narrow bins magnify what float32 rounds off a place within them.
      let tolerance = operation.kind == .spline ? 4e-6 * Double(1 + operation.bins) : 4e-6
      expectClose(
        a, b, ofLargest: a.dtype == .bfloat16 ? 4e-3 : tolerance, atLeast: 1, "input \(index)")
    }
  }

  @Test(arguments: CouplingCase.Kind.allCases)
  func parametersRepeatOverLeadingAxes(_ kind: CouplingCase.Kind) {
    let operation = CouplingCase(kind: kind, rows: 3, width: 5, columns: [0, 2, 3])
    var random = RandomSource(seed: 7)
    let x = Tensor.normal([4, 3, 6], dtype: .float64, using: &random)
    for lead in [[3], []] {
      let parameters = Tensor.normal(
        lead + [operation.parameterWidth], dtype: .float64, using: &random)
      let whole = parameters.broadcast(to: [4, 3, operation.parameterWidth])
      expectSameBits(operation.apply(x, parameters), operation.apply(x, whole))
      gradientCheck(at: [x, parameters], tolerance: 1e-6, limit: 24) {
        operation.apply($0[0], $0[1])
      }
    }
  }

  @Test(arguments: [([3, 6], [4, 0, 2]), ([2, 1], []), ([0, 4], [1]), ([2, 2, 4], [2, 1])])
  func inputs(_ shape: [Int], _ columns: [Int32]) {
    var random = RandomSource(seed: 8)
    let x = Tensor.normal(shape, dtype: .float64, using: &random) * 4
    let rows = shape.dropLast().reduce(1, *)
    let expected = Naive(x.reshaped([rows, shape[shape.count - 1]])).couplingInput(
      columns: columns.map(Int.init), bound: 2.5
    ).tensor.reshaped(shape.dropLast() + [columns.count])
    expectClose(
      x.couplingInput(columns: columns, bound: 2.5), expected, absolute: 1e-14, relative: 1e-14)
    let single = x.cast(to: .float32).couplingInput(columns: columns, bound: 2.5)
    expectClose(single, expected, absolute: 1e-6, relative: 1e-6)
    gradientCheck(at: [x]) { $0[0].couplingInput(columns: columns, bound: 2.5) }
  }

  /// With parameters of 0 both maps are the identity.
  @Test(arguments: CouplingCase.Kind.allCases)
  func zeroParametersAreTheIdentity(_ kind: CouplingCase.Kind) {
    let operation = CouplingCase(kind: kind, rows: 5, width: 7, columns: [1, 2, 6], bins: 8)
    let (x, _) = operation.inputs()
    let zeros = Tensor.zeros([5, operation.parameterWidth], dtype: .float64)
    expectClose(operation.apply(x, zeros), x, absolute: 1e-14, relative: 1e-14)
  }

  /// 2 e^0.75 + 1 with a = 1 and a bound of 3, whose log-scale is 1 / (1 + 1/3) = 0.75.
  @Test func affineByHand() {
    let x = Tensor([2.0, 5, 0.25], shape: [1, 3])
    let y = x.affineCoupling(
      parameters: Tensor([1.0, 1], shape: [1, 2]), columns: [0], bound: 3)
    expectClose(y.doubles(), [2 * 2.117000016612675 + 1, 5, 1], relative: 1e-14)
  }

  @Test func noSplineLimits() { #expect(Tensor.largestSplineBins == 64) }
}
