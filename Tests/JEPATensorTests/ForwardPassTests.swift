import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ForwardPassTests {
  private static func normal(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
    var random = RandomSource(seed: seed)
    return .normal(shape, dtype: .float64, using: &random)
  }

  /// Two results, one of which the other is made of: f = Σ tanh(xW)·u, and xW itself with a gradient g that is
  /// known later.
  @Test func gradientsOfSeveralResultsAddUp() {
    let (x, w) = (Self.normal([5, 3]), Self.normal([3, 4], seed: 2))
    let (u, g) = (Self.normal([5, 4], seed: 3), Self.normal([5, 4], seed: 4))
    let pass = ForwardPass(at: [x, w]) { inputs in
      let y = matmul(inputs[0], inputs[1])
      return [(y.tanh() * u).sum(), y]
    }
    let expected = valueAndGradients(at: [x, w]) { inputs in
      let y = matmul(inputs[0], inputs[1])
      return (y.tanh() * u).sum() * 2 + (y * g).sum()
    }
    let gradients = pass.backward([Tensor([2.0], shape: []), g])
    for (a, b) in zip(gradients, expected.gradients) {
      expectClose(a ?? .zeros([]), b ?? .zeros([]), absolute: 1e-13, relative: 1e-13)
    }
    expectSameBits(pass.results[1], matmul(x, w))
    #expect(pass.results.allSatisfy { !$0.needsGradient })
  }

  @Test func resultsWithoutGradientDoNotCount() {
    let x = Self.normal([4])
    let pass = ForwardPass(at: [x, x]) { [$0[0] * 3, $0[1].square()] }
    let gradients = pass.backward([Tensor.ones([4], dtype: .float64), nil])
    #expect(gradients[0]?.doubles() == [3, 3, 3, 3])
    #expect(gradients[1] == nil)
  }

  /// An input that is itself a result, and the same result twice.
  @Test func inputsMayBeResults() {
    let x = Self.normal([4])
    let pass = ForwardPass(at: [x]) { inputs in
      let y = inputs[0] * 2
      return [inputs[0], y, y]
    }
    let one = Tensor.ones([4], dtype: .float64)
    #expect(pass.backward([one, one, one])[0]?.doubles() == [5, 5, 5, 5])
  }

  @Test func constantResults() {
    let pass = ForwardPass(at: [Self.normal([2])]) { _ in [Tensor.zeros([3], dtype: .float64)] }
    #expect(pass.backward([.ones([3], dtype: .float64)])[0] == nil)
  }

  @Test func givesParametersAsTheyCome() {
    var random = RandomSource(seed: 1)
    let layer = Linear(
      inputDimensions: 3, outputDimensions: 2, deviation: 0.5, dtype: .float64, using: &random)
    let x = Self.normal([4, 3])
    let expected = valueAndGradients(of: layer) { $0(x).square().sum() }.gradients
    let pass = ForwardPass(of: layer) { [$0(x).square().sum()] }
    var received: [Int: Tensor] = [:]
    pass.backward([.ones([], dtype: .float64)]) { received[$0] = $1 }
    #expect(received.count == 2)
    for (index, name) in layer.trainedNames().enumerated() {
      expectSameBits(received[index] ?? .zeros([]), expected[name] ?? .zeros([]), name)
    }
  }
}
