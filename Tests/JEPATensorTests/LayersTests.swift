import JEPATensor
import JEPATestSupport
import Testing

@Suite struct LayersTests {
  @Test func linearAgreesWithItsDefinition() {
    var random = RandomSource(seed: 1)
    var layer = Linear(inputDimensions: 5, outputDimensions: 3, dtype: .float64, using: &random)
    #expect(layer.bias?.doubles() == [0, 0, 0])
    layer.bias = .normal([3], dtype: .float64, using: &random)
    let x = Tensor.normal([2, 4, 5], dtype: .float64, using: &random)
    let expected = Naive.linear(
      Naive(x), weight: Naive(layer.weight), bias: layer.bias.map(Naive.init))
    expectClose(layer(x), expected.tensor, ofLargest: 1e-14)
    #expect(layer(x).shape == [2, 4, 3])
  }

  @Test func initialWeightsHaveTheirDeviation() {
    var random = RandomSource(seed: 2)
    let plain = Linear(inputDimensions: 400, outputDimensions: 100, using: &random)
    #expect(abs(plain.weight.norm() / 200 - 0.05) < 0.001)
    let narrow = Linear(
      inputDimensions: 400, outputDimensions: 100, deviation: 0.02, using: &random)
    #expect(abs(narrow.weight.norm() / 200 - 0.02) < 0.0004)
    #expect(Linear(zeros: 4, 3)(Tensor.ones([2, 4])).floats() == [Float](repeating: 0, count: 6))
    #expect(
      Linear(inputDimensions: 2, outputDimensions: 2, bias: false, using: &random).bias == nil)
    let table = Embedding(count: 100, dimensions: 100, using: &random)
    #expect(abs(table.weight.norm() / 100 - 0.02) < 0.0005)
    var one = RandomSource(seed: 3)
    var two = RandomSource(seed: 3)
    expectSameBits(
      MLP(dimensions: 3, hiddenDimensions: 5, using: &one).fc2.weight,
      MLP(dimensions: 3, hiddenDimensions: 5, using: &two).fc2.weight)
  }

  @Test func initialBiasesHaveTheirDeviation() {
    #expect(Linear.deviation(forInputs: 16) == 0.25 && Linear.deviation(forInputs: 0) == 1)
    var (one, two) = (RandomSource(seed: 5), RandomSource(seed: 5))
    let layer = Linear(
      inputDimensions: 2, outputDimensions: 10_000, biasDeviation: 0.5, dtype: .float64, using: &one
    )
    let biases = layer.bias?.doubles() ?? []
    #expect(biases.count == 10_000)
    #expect(abs(biases.reduce(0, +) / 10_000) < 0.02)
    #expect(abs((layer.bias?.norm() ?? 0) / 100 - 0.5) < 0.01)
    // The weights are those of a layer whose biases start at 0.
    let plain = Linear(inputDimensions: 2, outputDimensions: 10_000, dtype: .float64, using: &two)
    expectSameBits(layer.weight, plain.weight)
    #expect(
      Linear(inputDimensions: 2, outputDimensions: 2, bias: false, biasDeviation: 1, using: &one)
        .bias == nil)
  }

  @Test func layerNormStartsAsTheIdentityOnNormalisedRows() {
    let layer = LayerNorm(dimensions: 4, epsilon: 1e-12, dtype: .float64)
    let x = Tensor([1.0, -1, 1, -1], shape: [1, 4])
    expectClose(layer(x), x, relative: 1e-10)
    #expect(LayerNorm(dimensions: 2).epsilon == 1e-6)
  }

  @Test func mlpAndEmbeddingCompose() {
    var random = RandomSource(seed: 4)
    let mlp = MLP(
      dimensions: 3, hiddenDimensions: 7, outputDimensions: 2, dtype: .float64, using: &random)
    let table = Embedding(count: 5, dimensions: 3, dtype: .float64, using: &random)
    let y = mlp(table([4, 0, 4]))
    #expect(y.shape == [3, 2])
    #expect(y.slice(axis: 0, 0..<1).doubles() == y.slice(axis: 0, 2..<3).doubles())
    gradientCheck(of: mlp) { $0(table([4, 0, 4])).square().sum() }
    gradientCheck(of: table) { mlp($0([4, 0, 4])).square().sum() }
  }
}

/// Products in bfloat16 with everything else in float32.
@Suite struct MixedPrecisionTests {
  private let source = RandomSource(seed: 5)

  @Test(arguments: [1, 63, 600])
  func linearGivesBfloat16AndFloat32Gradients(_ rows: Int) {
    var random = source
    let x = Tensor.roundedNormal([rows, 19], using: &random)
    let w = Tensor.roundedNormal([33, 19], using: &random)
    let b = Tensor.roundedNormal([33], using: &random)
    let upstream = Tensor.roundedNormal([rows, 33], using: &random)
    func run(_ inputs: [Tensor]) -> Tensor { linear(inputs[0], weight: inputs[1], bias: inputs[2]) }
    let exact = valueAndGradients(at: [x, w, b], upstream: upstream, run)
    let mixed = valueAndGradients(
      at: [x.cast(to: .float32), w.cast(to: .bfloat16), b.cast(to: .float32)],
      upstream: upstream.cast(to: .bfloat16), run)
    #expect(mixed.value.dtype == .bfloat16)
    expectClose(mixed.value, exact.value, ofLargest: 4e-3)
    for (index, tolerance) in [4e-3, 1e-6, 1e-6].enumerated() {
      guard let actual = mixed.gradients[index], let expected = exact.gradients[index] else {
        Issue.record("no gradient for input \(index)")
        continue
      }
      #expect(actual.dtype == .float32, "input \(index)")
      expectClose(actual, expected, ofLargest: tolerance, "input \(index)")
    }
  }

  @Test(arguments: [(DType.float32, DType.bfloat16), (.bfloat16, .float32)])
  func layerNormConvertsOnTheWay(_ from: DType, _ to: DType) {
    var random = source
    let inputs = [[7, 33], [33], [33]].map { Tensor.roundedNormal($0, using: &random) }
    let upstream = Tensor.roundedNormal([7, 33], using: &random)
    let exact = valueAndGradients(at: inputs, upstream: upstream) {
      $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-6)
    }
    let mixed = valueAndGradients(
      at: [inputs[0].cast(to: from), inputs[1].cast(to: .float32), inputs[2].cast(to: .float32)],
      upstream: upstream.cast(to: to)
    ) { $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-6, outputType: to) }
    #expect(mixed.value.dtype == to)
    expectClose(mixed.value, exact.value, ofLargest: 4e-3)
    #expect(mixed.gradients.map { $0?.dtype } == [from, .float32, .float32])
    for (index, (actual, expected)) in zip(mixed.gradients, exact.gradients).enumerated() {
      guard let actual, let expected else { continue }
      expectClose(actual, expected, ofLargest: 4e-3, "input \(index)")
    }
  }

  @Test func arithmeticWidensToFloat32() {
    var random = source
    let a = Tensor.roundedNormal([3, 5], using: &random)
    let b = Tensor.roundedNormal([3, 5], using: &random)
    let row = Tensor.roundedNormal([5], using: &random)
    let operations: [(Tensor, Tensor) -> Tensor] = [
      { $0 + $1 }, { $1 + $0 }, { $0 - $1 }, { $0 * $1 }, { $0 / $1 }, { .maximum($0, $1) },
      { .where($0 .> $1, $0, $1) },
    ]
    for (index, operation) in operations.enumerated() {
      for other in [b, row] {
        let exact = valueAndGradients(at: [a, other]) { operation($0[0], $0[1]) }
        let mixed = valueAndGradients(at: [a.cast(to: .float32), other.cast(to: .bfloat16)]) {
          operation($0[0], $0[1])
        }
        #expect(mixed.value.dtype == .float32)
        #expect(mixed.gradients.map { $0?.dtype } == [.float32, .bfloat16])
        expectClose(mixed.value, exact.value, ofLargest: 1e-6, "operation \(index)")
        for (actual, expected) in zip(mixed.gradients, exact.gradients) {
          guard let actual, let expected else { continue }
          expectClose(actual, expected, ofLargest: 4e-3, "operation \(index)")
        }
      }
    }
  }

  @Test func aWholeModuleTrainsInMixedPrecision() {
    var random = source
    let mlp = MLP(dimensions: 17, hiddenDimensions: 33, using: &random)
    let x = Tensor.normal([65, 17], using: &random)
    func objective(_ mlp: MLP) -> Tensor { mlp(x).cast(to: .float32).square().mean() }
    let exact = valueAndGradients(of: mlp, objective)
    let mixed = valueAndGradients(of: mlp.matrices(in: .bfloat16), objective)
    expectClose(mixed.value, exact.value, relative: 2e-2)
    for name in exact.gradients.names {
      guard let actual = mixed.gradients[name], let expected = exact.gradients[name] else {
        continue
      }
      #expect(actual.dtype == .float32)
      expectClose(actual, expected, ofLargest: 3e-2, name)
    }
  }
}
