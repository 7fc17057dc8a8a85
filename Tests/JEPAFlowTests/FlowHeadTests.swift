import JEPADensity
import JEPAFlow
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct FlowHeadTests {
  @Test(arguments: HeadLaw.forExactDensities, FlowKind.allCases)
  func laws(_ law: HeadLaw, _ kind: FlowKind) throws {
    var head = HeadUnderTest("flow, \(kind)") { context, target, dtype, random in
      FlowHead(
        contextDimensions: context, targetDimensions: target, options: kind.options,
        dtype: dtype, using: &random)
    }
    head.meanDraws = kind.options.meanDraws
    // The density's slope jumps at knots, which a coarse grid in two dimensions notices.
    if kind.options.coupling == .spline { head.integrationTolerance = 3e-3 }
    try head.expect(law)
  }

  @Test func namesAndShapes() {
    var options = FlowOptions()
    options.couplings = 1
    options.hiddenDimensions = 8
    options.mixing = .lu
    var random = RandomSource(seed: 1)
    let head = FlowHead(
      contextDimensions: 6, targetDimensions: 5, options: options, using: &random)
    let named = head.namedParameters()
    func network(_ prefix: String, inputs: Int?, outputs: Int) -> [(String, [Int])] {
      var result = inputs.map { [(prefix + "input.weight", [8, $0])] } ?? []
      result += [
        (prefix + "context.weight", [8, 6]), (prefix + "bias", [8]),
        (prefix + "blocks.0.context.weight", [8, 6]),
        (prefix + "blocks.0.fc1.weight", [8, 8]), (prefix + "blocks.0.fc1.bias", [8]),
        (prefix + "blocks.0.fc2.weight", [8, 8]), (prefix + "blocks.0.fc2.bias", [8]),
        (prefix + "output.weight", [outputs, 8]), (prefix + "output.bias", [outputs]),
      ]
      return result
    }
    let expected =
      network("affine.network.", inputs: nil, outputs: 10) + [
        ("steps.0.norm.log_scale", [5]), ("steps.0.norm.shift", [5]),
        ("steps.0.mixing.factors", [5, 5]),
      ] + network("steps.0.coupling.network.", inputs: 3, outputs: 4)
    #expect(named.map(\.name) == expected.map(\.0))
    #expect(named.map(\.tensor.shape) == expected.map(\.1))
    #expect(head.trainedNames() == named.map(\.name))
  }

  /// What has nothing to read has no weights: no context, or one coordinate.
  @Test func absentInputsHaveNoWeights() {
    var random = RandomSource(seed: 1)
    for (context, target) in [(0, 1), (0, 3), (3, 1)] {
      let head = FlowHead(
        contextDimensions: context, targetDimensions: target, options: FlowKind.spline.options,
        using: &random)
      #expect(head.namedParameters().allSatisfy { $0.tensor.count > 0 })
      #expect(head.affine == nil || context > 0)
    }
  }

  /// A new head is N(0, I).
  @Test(arguments: FlowKind.allCases, [1, 2, 7])
  func startsAsTheIdentity(_ kind: FlowKind, _ width: Int) {
    var random = RandomSource(seed: 2)
    let head = FlowHead(
      contextDimensions: 3, targetDimensions: width, options: kind.options, dtype: .float64,
      using: &random)
    let y = normal([6, width], 3)
    let prediction = head(normal([6, 3], 4))
    let (z, logDeterminant) = prediction.forward(y)
    expectClose(z, y, absolute: 1e-12, relative: 1e-12)
    expectClose(logDeterminant, .zeros([6], dtype: .float64), absolute: 1e-12, relative: 0)
    let expected = y.square().sum(axis: 1) * -0.5 - 0.918938533204672742 * Double(width)
    expectClose(prediction.logDensity(of: y), expected, absolute: 1e-12, relative: 1e-12)
  }

  /// Without couplings: N(μ, σ²) with σ = e^−s and μ = −t e^−s from the layer's s and t.
  @Test func depthZeroIsADiagonalGaussian() throws {
    var head = FlowKind.conditionalGaussian.head(context: 2, target: 2)
    var affine = try #require(head.affine)
    affine.network.output = Linear(zeros: 10, 4, dtype: .float64)
    affine.network.output.bias = Tensor([0.7, -1.4, 2, 3], shape: [4])
    head.affine = affine
    let s = [0.7 / 1.1, -1.4 / 1.2]
    let y = normal([5, 2], 5).doubles()
    let expected = stride(from: 0, to: 10, by: 2).map { start in
      (0..<2).reduce(0.0) { sum, j in
        let z = y[start + j] * Double.exp(s[j]) + [2.0, 3][j]
        return sum - 0.5 * z * z + s[j] - 0.918938533204672742
      }
    }
    let prediction = head(normal([5, 2], 6))
    expectClose(
      prediction.logDensity(of: Tensor(y, shape: [5, 2])).doubles(), expected, relative: 1e-12)
    var random = RandomSource(seed: 7)
    let mean = prediction.mean(using: &random)
    let centre = (0..<2).map { -[2.0, 3][$0] * Double.exp(-s[$0]) }
    expectClose(mean.doubles(), (0..<5).flatMap { _ in centre }, relative: 1e-12)
  }

  /// The masks follow from the options alone, and two couplings in a row reach every coordinate.
  @Test(arguments: [2, 3, 8, 191])
  func couplingsReachEveryCoordinate(_ width: Int) {
    func moved(_ seed: Int, _ index: Int) -> [Bool] {
      var options = FlowOptions()
      options.couplings = 4
      options.hiddenDimensions = 2
      options.conditionalAffine = false
      options.permutationSeed = seed
      var random = RandomSource(seed: 1)
      var head = FlowHead(
        contextDimensions: 0, targetDimensions: width, options: options, using: &random)
      let bias = head.steps[index].coupling.network.output.bias
      head.steps[index].coupling.network.output.bias = bias.map { .ones($0.shape) }
      let z = head(.zeros([1, 0])).forward(.zeros([1, width])).z
      return z.doubles().map { $0 != 0 }
    }
    for index in [0, 2] {
      let (first, second) = (moved(0, index), moved(0, index + 1))
      #expect(zip(first, second).allSatisfy { $0 != $1 })
      #expect(abs(2 * first.count { $0 } - width) <= 1)
    }
    #expect(moved(0, 0) == moved(0, 0))
    if width > 8 {
      #expect(moved(0, 0) != moved(0, 2))
      #expect(moved(0, 0) != moved(1, 0))
    }
  }

  /// After data-dependent initialisation the flow's output has mean 0 and variance 1 on the data, and
  /// a coordinate that does not vary does no harm.
  @Test(arguments: [FlowKind.affine, .splineWithTriangles])
  func initialisationFromData(_ kind: FlowKind) {
    var random = RandomSource(seed: 1)
    let head = FlowHead(
      contextDimensions: 2, targetDimensions: 4, options: kind.options, using: &random)
    let scale = Tensor([100.0, 0.01, 3, 0], shape: [4], dtype: .float32)
    let shift = Tensor([500.0, -1, 0, 7], shape: [4], dtype: .float32)
    let y = normal([400, 4], 2, dtype: .float32) * scale + shift
    let context = normal([400, 2], 3, dtype: .float32)
    let fitted = head.initialized(from: y, context: context)
    let z = fitted(context).forward(y).z
    expectClose(z.mean(axis: 0), .zeros([4]), absolute: 1e-3, relative: 0)
    let deviation = z.variance(axis: 0).squareRoot().doubles()
    expectClose(Array(deviation.prefix(3)), [1, 1, 1], absolute: 0.02, relative: 0)
    #expect(fitted(context).logDensity(of: y).isFinite)
    #expect(fitted.namedParameters().map(\.name) == head.namedParameters().map(\.name))
    let unchanged = head.initialized(from: y.slice(axis: 0, 0..<1), context: .zeros([1, 2]))
    for (a, b) in zip(unchanged.namedParameters(), head.namedParameters()) {
      expectSameBits(a.tensor, b.tensor, a.name)
    }
  }

  /// Only networks' matrices are brought to bfloat16; triangles and norms stay as they are.
  @Test func mixedPrecisionLeavesLinearMapsAlone() {
    let head = FlowKind.affineWithTriangles.head(context: 2, target: 3, dtype: .float32)
    for (name, tensor) in head.matrices(in: .bfloat16).namedParameters() {
      #expect((tensor.dtype == .bfloat16) == name.hasSuffix("weight"), "\(name)")
    }
  }
}

extension Double {
  fileprivate static func exp(_ x: Double) -> Double {
    Tensor([x], shape: [1]).exp().item()
  }
}
