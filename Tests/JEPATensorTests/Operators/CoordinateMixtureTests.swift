import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct CoordinateMixtureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let component: MixtureComponent
    /// N, K, D.
    let sizes: [Int]
    var testDescription: String { "\(component) \(sizes)" }

    static let all = MixtureComponent.allCases.flatMap { component in
      [[3, 4, 5], [1, 1, 1], [2, 3, 33], [2, 2, 64], [0, 2, 3], [3, 2, 0], [2, 7, 95]].map {
        Case(component: component, sizes: $0)
      }
    }

    /// y and parameters, exact in every type.
    var inputs: (y: Tensor, parameters: Tensor) {
      var random = RandomSource(seed: 3).split(testDescription)
      return (
        .roundedNormal([sizes[0], sizes[2]], using: &random),
        .roundedNormal([sizes[0], 3, sizes[1], sizes[2]], using: &random)
      )
    }
  }

  private static let floor = 0.05

  private static func logDensity(_ component: MixtureComponent, _ z: Double) -> Double {
    switch component {
    case .gaussian: -z * z / 2 - log(2 * Double.pi) / 2
    case .logistic: -z - 2 * log1p(exp(-z))
    case .laplace: log(exp(-abs(z)) / 2)
    }
  }

  /// The definition, term by term.
  private static func naive(
    _ component: MixtureComponent, _ y: Naive, _ p: Naive, floor: Double = floor
  ) -> Naive {
    Naive(shape: y.shape) { at in
      let (n, d) = (at[0], at[1])
      let components = 0..<p.shape[2]
      let weights = components.map { exp(p[[n, 0, $0, d]]) }
      let total = components.reduce(0.0) { sum, k in
        let scale = exp(p[[n, 2, k, d]]) + floor
        let z = (y[at] - p[[n, 1, k, d]]) / scale
        return sum + weights[k] / weights.reduce(0, +) * exp(logDensity(component, z)) / scale
      }
      return log(total)
    }
  }

  @Test(arguments: Case.all, DType.allCases)
  func agreesWithItsNaiveTwin(_ test: Case, _ dtype: DType) {
    let (y, parameters) = test.inputs
    let actual = y.cast(to: dtype.accumulation).coordinateMixtureLogDensity(
      parameters: parameters.cast(to: dtype), component: test.component, minimumScale: Self.floor)
    #expect(actual.dtype == dtype.accumulation)
    let expected = Self.naive(test.component, Naive(y), Naive(parameters)).tensor
    expectClose(
      actual, expected, ofLargest: dtype == .float64 ? 1e-13 : 2e-6, atLeast: 1, "\(dtype)")
  }

  @Test(arguments: Case.all)
  func gradients(_ test: Case) {
    let (y, parameters) = test.inputs
    // Off the bfloat16 grid, where y may hit a mean, the kink of Laplace's density.
    gradientCheck(at: [y + 0.00123, parameters]) {
      $0[0].coordinateMixtureLogDensity(
        parameters: $0[1], component: test.component, minimumScale: Self.floor)
    }
  }

  @Test(arguments: Case.all, [DType.float32, .bfloat16])
  func gradientsAgreeAcrossTypes(_ test: Case, _ dtype: DType) {
    let (y, parameters) = test.inputs
    var random = RandomSource(seed: 6)
    let upstream = Tensor.roundedNormal(y.shape, using: &random)
    func gradients(_ type: DType) -> [Tensor?] {
      let inputs = [y.cast(to: type.accumulation), parameters.cast(to: type)]
      return valueAndGradients(at: inputs, upstream: upstream.cast(to: type.accumulation)) {
        $0[0].coordinateMixtureLogDensity(
          parameters: $0[1], component: test.component, minimumScale: Self.floor)
      }.gradients
    }
    for (index, pair) in zip(gradients(dtype), gradients(.float64)).enumerated() {
      guard let actual = pair.0, let expected = pair.1 else {
        Issue.record("no gradient of input \(index)")
        continue
      }
      #expect(actual.dtype == (index == 0 ? dtype.accumulation : dtype))
      expectClose(
        actual, expected, ofLargest: dtype == .float32 || index == 0 ? 1e-5 : 8e-3,
        "input \(index)")
    }
  }

  /// One standard Gaussian at 0 and one of scale 2 at 1, weights ¼ and ¾, at y = 1.
  @Test func byHand() {
    let raw = [log(1 - Self.floor), log(2 - Self.floor)]
    let p = Tensor([0, log(3.0), 0, 1] + raw, shape: [1, 3, 2, 1])
    let y = Tensor([1.0], shape: [1, 1])
    let density = 0.25 * 0.24197072451914337 + 0.75 * 0.3989422804014327 / 2
    let actual = y.coordinateMixtureLogDensity(
      parameters: p, component: .gaussian, minimumScale: Self.floor)
    expectClose(actual.doubles(), [log(density)], absolute: 0, relative: 1e-14)
  }

  /// Far away, at scales of next to nothing and of e¹⁰⁰⁰, values and gradients are finite.
  @Test(arguments: MixtureComponent.allCases, [DType.float32, .float64])
  func extremes(_ component: MixtureComponent, _ dtype: DType) {
    let values = [0, 1, -1, 1e2, -1e4, 1e6]
    let y = Tensor(values, shape: [1, values.count], dtype: dtype)
    for raw in [-1000.0, -20, 0, 50, 1000] {
      for logit in [0.0, 300] {
        let parameters = Tensor.concatenated(
          [logit, 0, raw].map { level in
            Tensor.stacked(
              [0.0, 1, 2].map { .full([values.count], level + 0.1 * $0, dtype: dtype) }
            ).expanded(axis: 0).expanded(axis: 0)
          }, axis: 1)
        let (value, gradients) = valueAndGradients(at: [y, parameters]) {
          $0[0].coordinateMixtureLogDensity(
            parameters: $0[1], component: component, minimumScale: 1e-3)
        }
        #expect(value.isFinite, "raw \(raw), logit \(logit): \(value)")
        for gradient in gradients {
          #expect(gradient?.isFinite ?? false, "raw \(raw), logit \(logit)")
        }
      }
    }
  }
}
