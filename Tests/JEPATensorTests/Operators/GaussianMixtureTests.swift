import Foundation
import JEPATensor
import JEPATestSupport
import Testing

/// The fused mixtures against naive twins: dense covariances, Cholesky factors, loops.
@Suite struct GaussianMixtureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var rows, components, rank, width: Int
    var floor = -Double.infinity

    var testDescription: String {
      "\(rows) rows, \(components) components, rank \(rank), \(width) wide"
    }

    static let all =
      [
        (0, 2, 0, 3), (3, 1, 0, 1), (4, 3, 0, 5), (2, 5, 0, 67), (0, 1, 2, 3), (3, 1, 1, 1),
        (4, 3, 2, 5), (2, 2, 4, 67), (2, 3, 6, 3),
      ].flatMap { rows, components, rank, width in
        [-Double.infinity, log(0.2)].map {
          Case(rows: rows, components: components, rank: rank, width: width, floor: $0)
        }
      }

    /// y, weights, means, log-scales and, where there are any, factors.
    var inputs: [Tensor] {
      var random = RandomSource(seed: 41)
      let shape = [rows, components, width]
      let values = [
        Tensor.roundedNormal([rows, width], using: &random),
        .roundedNormal([rows, components], using: &random),
        .roundedNormal(shape, using: &random),
        (Tensor.roundedNormal(shape, using: &random) * 0.5).cast(to: .bfloat16).cast(to: .float64),
      ]
      let factors = Tensor.roundedNormal([rows, components, rank, width], using: &random)
      return rank == 0 ? values : values + [factors]
    }

    /// y and log-weights in the accumulation type.
    func inputs(in dtype: DType) -> [Tensor] {
      inputs.enumerated().map { index, tensor in
        tensor.cast(to: index < 2 ? dtype.accumulation : dtype)
      }
    }

    func apply(_ x: [Tensor]) -> Tensor {
      .gaussianMixtureLogDensity(
        of: x[0], logWeights: x[1], means: x[2], logScales: x[3],
        factors: rank > 0 ? x[4] : nil, logScaleFloor: floor)
    }

    /// From the definitions, in float64.
    var naive: [Double] {
      let x = inputs.map { Naive($0) }
      let scale = x[3].mapped { Foundation.exp($0) + Foundation.exp(floor) }
      return (0..<rows).map { n in
        Naive.logSumExp(
          (0..<components).map { k in x[1][[n, k]] + logNormal(n, k, x, scale) })
      }
    }

    private func logNormal(_ n: Int, _ k: Int, _ x: [Naive], _ scale: Naive) -> Double {
      var lower = Naive(shape: [width, width]) { i in
        (0..<rank).reduce(i[0] == i[1] ? scale[[n, k, i[0]]] * scale[[n, k, i[0]]] : 0) {
          $0 + x[4][[n, k, $1, i[0]]] * x[4][[n, k, $1, i[1]]]
        }
      }
      var rest = (0..<width).map { x[0][[n, $0]] - x[2][[n, k, $0]] }
      var result = -0.5 * Double(width) * log(2 * Double.pi)
      // Column by column: L, then L⁻¹ (y − μ).
      for j in 0..<width {
        let pivot = lower[[j, j]].squareRoot()
        for i in j..<width { lower[[i, j]] /= pivot }
        for c in j + 1..<max(width, j + 1) {
          for i in c..<width { lower[[i, c]] -= lower[[i, j]] * lower[[c, j]] }
        }
        rest[j] /= pivot
        for i in j + 1..<max(width, j + 1) { rest[i] -= lower[[i, j]] * rest[j] }
        result -= log(pivot) + 0.5 * rest[j] * rest[j]
      }
      return result
    }
  }

  @Test(arguments: Case.all, DType.allCases)
  func agreesWithItsNaiveTwin(_ operation: Case, _ dtype: DType) {
    let actual = operation.apply(operation.inputs(in: dtype))
    #expect(actual.dtype == dtype.accumulation)
    expectClose(
      actual.doubles(), operation.naive, absolute: dtype == .float64 ? 1e-10 : 2e-4,
      relative: dtype == .float64 ? 1e-12 : 4e-6)
  }

  @Test(arguments: Case.all)
  func gradientAgreesWithFiniteDifferences(_ operation: Case) {
    gradientCheck(at: operation.inputs, tolerance: 1e-6, limit: 48) { operation.apply($0) }
  }

  @Test(arguments: Case.all, [DType.float32, .bfloat16])
  func gradientAgreesAcrossTypes(_ operation: Case, _ dtype: DType) {
    let inputs = operation.inputs
    let exact = valueAndGradients(at: inputs, operation.apply).gradients
    let actual = valueAndGradients(at: operation.inputs(in: dtype), operation.apply).gradients
    for (index, (gradient, reference)) in zip(actual, exact).enumerated() {
      guard let gradient, let reference else {
        Issue.record("input \(index) has no gradient")
        continue
      }
      expectClose(
        gradient, reference, ofLargest: dtype == .float32 ? 2e-5 : 2e-2, atLeast: 1e-2,
        "input \(index)")
    }
  }

  /// σ = 10⁻³ beside factors of length 14: float32 keeps the quadratic form, which is a difference of
  /// numbers near 10⁹ by Woodbury's formula.
  @Test func smallScalesBesideLongFactors() {
    var random = RandomSource(seed: 43)
    let width = 200
    let factors = Tensor.roundedNormal([1, 1, 3, width], using: &random)
    let loadings = Tensor([1.5, -2, 0.5], shape: [3, 1])
    let noise = Tensor.normal([1, width], dtype: .float64, using: &random) * 1e-3
    let y =
      (factors.reshaped([3, width]) * loadings).sum(axis: 0).reshaped([1, width]) + noise
    func density(_ dtype: DType) -> Double {
      Tensor.gaussianMixtureLogDensity(
        of: y.cast(to: dtype), logWeights: .zeros([1, 1], dtype: dtype),
        means: .zeros([1, 1, width], dtype: dtype),
        logScales: .full([1, 1, width], log(1e-3), dtype: dtype), factors: factors.cast(to: dtype)
      ).item()
    }
    // y itself is rounded to float32, a few 10⁻⁴ of σ.
    #expect(abs(density(.float32) - density(.float64)) < 0.5)
    #expect(density(.float64) > 1000)
  }

  @Test(arguments: [DType.float32, .float64])
  func farTargetsStayFinite(_ dtype: DType) {
    for width in [1, 191] {
      for far in [100.0, 1e6] {
        let shape = [2, 3, width]
        let inputs = [
          Tensor.full([2, width], far, dtype: dtype), .zeros([2, 3], dtype: dtype),
          .zeros(shape, dtype: dtype), .full(shape, -4, dtype: dtype),
          .full([2, 3, 2, width], 0.5, dtype: dtype),
        ]
        let (value, gradients) = valueAndGradients(at: inputs) {
          Tensor.gaussianMixtureLogDensity(
            of: $0[0], logWeights: $0[1], means: $0[2], logScales: $0[3], factors: $0[4],
            logScaleFloor: log(1e-3))
            + Tensor.gaussianMixtureLogDensity(
              of: $0[0], logWeights: $0[1], means: $0[2], logScales: $0[3])
        }
        #expect(value.isFinite)
        #expect(gradients.allSatisfy { $0?.isFinite ?? false })
      }
    }
  }

  /// Draws against a naive choice of components.
  @Test(arguments: [DType.float32, .float64])
  func drawsPickByWeight(_ dtype: DType) {
    var random = RandomSource(seed: 44)
    let (rows, components, width, count) = (3, 4, 67, 10)
    let shape = [rows, components, width]
    func exact(_ x: Tensor) -> Tensor { x.cast(to: .float32).cast(to: .float64) }
    let logits = Tensor.normal(shape, dtype: .float64, using: &random)
    let weights = exact(logits.transposed().softmax().transposed())
    let means = Tensor.roundedNormal(shape, using: &random)
    let scales = Tensor.roundedNormal(shape, using: &random).absolute()
    let uniform = exact(.uniform([count, width], dtype: .float64, using: &random))
    let normal = Tensor.roundedNormal([count, width], using: &random)
    let chosen = (0..<count).map { Int32($0 % rows) }
    let actual = Tensor.gaussianCoordinatesDraws(
      rows: chosen, weights: weights.cast(to: dtype), means: means.cast(to: dtype),
      scales: scales.cast(to: dtype), uniform: uniform.cast(to: dtype),
      normal: normal.cast(to: dtype))
    let (w, m, s, u, e) = (
      Naive(weights), Naive(means), Naive(scales), Naive(uniform), Naive(normal)
    )
    let expected = Naive(shape: [count, width]) { i in
      let row = Int(chosen[i[0]])
      var (k, sum) = (0, w[[row, 0, i[1]]])
      while k < components - 1 && u[i] >= sum {
        k += 1
        sum += w[[row, k, i[1]]]
      }
      return m[[row, k, i[1]]] + s[[row, k, i[1]]] * e[i]
    }
    expectClose(actual, expected.tensor, absolute: 1e-5, relative: 1e-5)
  }
}
