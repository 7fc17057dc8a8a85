import JEPATensor
import JEPATestSupport
import Testing

/// SGD and Lion beside plain loops over their formulas.
@Suite struct OptimizerTests {
  private struct Pair: Module {
    var weight: Tensor
    var bias: Tensor

    init(dtype: DType = .float64) {
      weight = Tensor([0.5, -1, 2, 0.25], shape: [2, 2], dtype: dtype)
      bias = Tensor([0.1, -0.2], shape: [2], dtype: dtype)
    }

    mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
      visitor.parameter("weight", &weight)
      visitor.parameter("bias", &bias)
    }

    /// Of a quadratic whose slopes change sign on the way.
    func gradients(step: Int) -> Gradients {
      valueAndGradients(of: self) {
        (($0.weight - 0.3) * Double(step % 2 + 1)).square().sum() + ($0.bias * 2).square().sum()
      }.gradients
    }
  }

  private static let (rate, decay, scale) = (0.05, 0.1, 0.5)

  /// `change` is given a value, its gradient, its decay and its slot, and returns the value's successor.
  private func expectTwin<O: Optimizer>(
    _ optimizer: O,
    _ change: (_ value: Double, _ gradient: Double, _ decay: Double, _ slot: inout Double) -> Double
  ) {
    var (pair, optimizer) = (Pair(), optimizer)
    var (weights, biases) = (pair.weight.doubles(), pair.bias.doubles())
    var slots = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 2))
    for step in 0..<6 {
      for index in 0..<4 {
        let factor = Double(step % 2 + 1)
        let gradient = 2 * factor * factor * (weights[index] - 0.3) * Self.scale
        weights[index] = change(weights[index], gradient, Self.decay, &slots.0[index])
      }
      for index in 0..<2 {
        biases[index] = change(biases[index], 8 * biases[index] * Self.scale, 0, &slots.1[index])
      }
      optimizer.update(
        &pair, gradients: pair.gradients(step: step), learningRate: Self.rate,
        weightDecay: Self.decay, gradientScale: Self.scale)
    }
    expectClose(pair.weight.doubles(), weights, relative: 1e-12, O.name)
    expectClose(pair.bias.doubles(), biases, absolute: 1e-15, relative: 1e-12, O.name)
    #expect(optimizer.step == 6)
    #expect(
      O.slots.allSatisfy { optimizer.state.tensors[$0]?.keys.sorted() == ["bias", "weight"] })
  }

  @Test func stochasticGradientDescent() {
    expectTwin(SGD(momentum: 0.8)) { value, gradient, decay, velocity in
      velocity = 0.8 * velocity + gradient
      return value - Self.rate * (velocity + decay * value)
    }
  }

  @Test func lion() {
    expectTwin(Lion()) { value, gradient, decay, m in
      let direction = 0.9 * m + 0.1 * gradient
      m = 0.99 * m + 0.01 * gradient
      let sign: Double = direction > 0 ? 1 : direction < 0 ? -1 : 0
      return value - Self.rate * (sign + decay * value)
    }
  }

  /// Any optimizer goes on from its state with the same bits.
  @Test func statesContinueBitForBit() {
    let fresh: [any Optimizer] = [AdamW(), SGD(), Lion()]
    for start in fresh {
      var (pair, optimizer) = (Pair(dtype: .float32), start)
      func step(_ pair: inout Pair, _ optimizer: inout any Optimizer, _ index: Int) {
        optimizer.update(
          &pair, gradients: pair.gradients(step: index), learningRate: 0.1, weightDecay: 0.1)
      }
      for index in 0..<3 { step(&pair, &optimizer, index) }
      var (other, restored) = (pair, start)
      restored.state = optimizer.state
      for index in 3..<6 {
        step(&pair, &optimizer, index)
        step(&other, &restored, index)
      }
      expectSameBits(pair.weight, other.weight, type(of: start).name)
      expectSameBits(pair.bias, other.bias, type(of: start).name)
    }
  }

  @Test func gradientsOfAnotherShapeAreAMistake() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var (pair, optimizer) = (Pair(dtype: .float32), Lion())
      let gradients = pair.gradients(step: 0)
      pair.bias = .zeros([3])
      optimizer.update(&pair, gradients: gradients, learningRate: 0.1, weightDecay: 0)
    }
    expectOneLine(result, "lion: gradient [2] for bias [3]")
  }
}
