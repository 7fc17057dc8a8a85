import JEPATestSupport
import Testing

@testable import JEPATensor

/// Operators made outside the package, by ``Tensor/apply(_:to:flops:_:)``.
@Suite struct ApplyTests {
  /// ‖a − b‖² over the last axis: [N].
  private static func squaredDistance(_ a: Tensor, _ b: Tensor) -> Tensor {
    Tensor.apply("squared distance", to: [a, b]) { operands in
      let difference = operands[0] - operands[1]
      return OperatorResult(difference.square().sum(axis: 1)) { upstream in
        let slope = difference * upstream.expanded(axis: 1) * 2
        return [slope, -slope]
      }
    }
  }

  private static func operands(_ dtype: DType = .float64) -> [Tensor] {
    var random = RandomSource(seed: 4)
    return (0..<2).map { _ in Tensor.normal([5, 3], dtype: dtype, using: &random) }
  }

  @Test func gradientIsThatOfDifferences() {
    gradientCheck(at: Self.operands()) { Self.squaredDistance($0[0], $0[1]) }
    // In the middle of others, and with one operand twice.
    gradientCheck(at: Self.operands()) {
      Self.squaredDistance($0[0].tanh(), $0[1] * $0[0]).square()
        + Self.squaredDistance($0[1], $0[1])
    }
  }

  @Test func gradientIsThatOfComposedOperators() {
    let inputs = Self.operands(.float32)
    let own = valueAndGradients(at: inputs) { Self.squaredDistance($0[0], $0[1]).sum() }
    let composed = valueAndGradients(at: inputs) { ($0[0] - $0[1]).square().sum() }
    expectClose(own.value, composed.value, relative: 1e-6)
    for index in 0..<2 {
      expectClose(own.gradients[index]!, composed.gradients[index]!, absolute: 1e-6, relative: 1e-6)
    }
  }

  @Test func nothingIsRecordedWithoutGradient() {
    let inputs = Self.operands()
    #expect(!Self.squaredDistance(inputs[0], inputs[1]).needsGradient)
    // One operand alone: the other's gradient is left out.
    let found = valueAndGradients(at: [inputs[0]]) { Self.squaredDistance($0[0], inputs[1]) }
    #expect(found.gradients[0] != nil)
  }

  /// What reads the value in its own gradient takes it from `recompute`, as it does of the built-in operators.
  @Test func valuesAreComputedAgain() {
    let x = Self.operands(.float32)[0]
    let weight = Tensor.identity(3)
    let count = Lock(0)
    func doubled(_ x: Tensor) -> Tensor {
      Tensor.apply("doubled", to: [x]) { operands in
        let x = operands[0]
        return OperatorResult(
          x * 2,
          recompute: {
            count.withLock { $0 += 1 }
            return x * 2
          }
        ) { [$0 * 2] }
      }
    }
    let found = valueAndGradients(at: [x, weight]) {
      linear(doubled($0[0]), weight: $0[1], bias: nil).sum()
    }
    #expect(count.withLock { $0 } == 1)
    let plain = valueAndGradients(at: [x, weight]) {
      linear($0[0] * 2, weight: $0[1], bias: nil).sum()
    }
    for index in 0..<2 { expectSameBits(found.gradients[index]!, plain.gradients[index]!) }
  }

  /// A forward pass that fails leaves nothing behind.
  @Test func errorsPass() {
    struct Failed: Error {}
    #expect(throws: Failed.self) {
      try Tensor.apply("failing", to: Self.operands()) { _ in throw Failed() }
    }
  }

  @Test func mistakesNameTheOperator() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueAndGradients(at: ApplyTests.operands()) {
        Tensor.apply("halves", to: $0) { x in OperatorResult(x[0] * 0.5) { [$0 * 0.5] } }
      }
    }
    expectOneLine(
      count, "halves: 1 gradients for 2 operands; give one for each, nil where it has none")
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let inputs = [ApplyTests.operands()[0], Tensor.ones([3], dtype: .float64)]
      _ = valueAndGradients(at: inputs) {
        Tensor.apply("wide", to: $0) { x in OperatorResult(x[0] + x[1]) { [$0, $0] } }
      }
    }
    expectOneLine(shape, "wide: a gradient [5, 3] for operand 1 [3]; sum over what was broadcast")
  }
}
