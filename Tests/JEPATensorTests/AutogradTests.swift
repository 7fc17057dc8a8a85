import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct AutogradTests {
  private func random(_ shape: [Int], _ seed: UInt64 = 1) -> Tensor {
    var source = RandomSource(seed: seed)
    return .normal(shape, dtype: .float64, using: &source)
  }

  @Test func sharedSubexpressionsAccumulate() {
    let x = random([3, 4])
    let (_, gradients) = valueAndGradients(at: [x]) { inputs in
      let y = inputs[0].exp()
      return (y * y + y - inputs[0]).sum()
    }
    let expected = x.doubles().map { 2 * exp(2 * $0) + exp($0) - 1 }
    expectClose(gradients[0]?.doubles() ?? [], expected, relative: 1e-13)
  }

  @Test func addingATensorToItselfDoublesItsGradient() {
    // Both operands' gradients are the same storage; adding one to the other must not write to it.
    let x = random([5])
    let (_, gradients) = valueAndGradients(at: [x]) { inputs in
      let sum = inputs[0] + inputs[0]
      return sum + sum
    }
    #expect(gradients[0]?.doubles() == [4, 4, 4, 4, 4])
  }

  @Test func aLadderOfSharedSumsIsLinearInItsLength() {
    let (_, gradients) = valueAndGradients(at: [Tensor(1, dtype: .float64)]) { inputs in
      (0..<60).reduce(inputs[0]) { x, _ in x + x }
    }
    #expect(gradients[0]?.item() == 0x1p60)
  }

  @Test func nothingIsRecordedWithoutNeed() {
    let (x, w) = (random([2, 3]), random([4, 3]))
    #expect(!x.needsGradient && !linear(x, weight: w, bias: nil).gelu().needsGradient)
    _ = valueAndGradients(at: [x]) { inputs in
      #expect(inputs[0].needsGradient)
      #expect((inputs[0] + x).needsGradient)
      #expect(inputs[0].reshaped([6]).transformed().needsGradient)
      #expect(!inputs[0].detached().exp().needsGradient)
      #expect(!(inputs[0] .< x).needsGradient)
      #expect(!w.exp().needsGradient)
      return inputs[0]
    }
  }

  @Test func detachingStopsTheGradient() {
    let x = random([3])
    let (_, gradients) = valueAndGradients(at: [x, x]) { inputs in
      (inputs[0] * inputs[0].detached() + inputs[1].detached()).sum()
    }
    #expect(gradients[0]?.doubles() == x.doubles())
    #expect(gradients[1] == nil)
  }

  @Test func aValueThatDoesNotDependOnTheInputsHasNoGradients() {
    let (value, gradients) = valueAndGradients(at: [random([2])]) { _ in Tensor(3.0) }
    #expect(value.item() == 3)
    #expect(gradients[0] == nil)
  }

  @Test func theIdentityGivesTheUpstreamGradient() {
    let (x, upstream) = (random([3]), random([3], 2))
    let result = valueAndGradients(at: [x], upstream: upstream) { $0[0] }
    #expect(result.gradients[0]?.doubles() == upstream.doubles())
    #expect(!result.value.needsGradient && result.gradients[0]?.needsGradient == false)
  }

  @Test func gradientsOfGradientsAreSeparate() {
    // An inner differentiation inside an outer objective gives plain numbers.
    let x = random([3])
    let (_, gradients) = valueAndGradients(at: [x]) { outer in
      let inner = valueAndGradients(at: [outer[0]]) { ($0[0] * $0[0]).sum() }
      #expect(inner.gradients[0]?.doubles() == x.doubles().map { 2 * $0 })
      #expect(!inner.value.needsGradient)
      return (outer[0] * 3.0).sum()
    }
    #expect(gradients[0]?.doubles() == [3, 3, 3])
  }

  @Test(arguments: DType.allCases)
  func kinksHaveTheirDocumentedSlopes(_ dtype: DType) {
    func slope(_ values: [Double], _ function: (Tensor) -> Tensor) -> [Double]? {
      let x = Tensor(values, shape: [values.count], dtype: dtype)
      return valueAndGradients(at: [x]) { function($0[0]) }.gradients[0]?.doubles()
    }
    #expect(slope([-1, 0, 1]) { $0.absolute() } == [-1, 0, 1])
    #expect(slope([-1, 0, 1]) { $0.relu() } == [0, 0, 1])
    #expect(slope([-2, -1, 0, 1, 2]) { $0.clamped(-1, 1) } == [0, 1, 1, 1, 0])
    #expect(slope([3, 5, 5, 1]) { $0.max(axis: 0) } == [0, 0.5, 0.5, 0])
    #expect(slope([3, 1, 1, 1, 1]) { $0.min(axis: 0) } == [0, 0.25, 0.25, 0.25, 0.25])
    #expect(slope([0.5, 1.5, 1.5]) { $0.sign() + $0.floor() } == [0, 0, 0])
    let zero = Tensor.zeros([5], dtype: dtype)
    #expect(slope([-4, -2, 0, 2, 4]) { $0.smoothL1(to: zero, beta: 2) } == [-1, -1, 0, 1, 1])
    let pair = Tensor([1, 2], shape: [2], dtype: dtype)
    for function in [Tensor.maximum, Tensor.minimum] {
      let gradients = valueAndGradients(at: [pair, pair]) { function($0[0], $0[1]) }.gradients
      #expect(gradients.map { $0?.doubles() } == [[1, 1], [0, 0]])
    }
  }

  @Test func mixedWidthsAccumulateInTheWider() {
    // A bfloat16 table both gathered from (bfloat16 gradient) and multiplied with (float32).
    let table = random([4, 3]).cast(to: .bfloat16)
    for order in [false, true] {
      let (_, gradients) = valueAndGradients(at: [table]) { inputs in
        let rows = inputs[0].gatherRows([0, 1]).cast(to: .float32).sum() * 0.001
        let product = linear(
          Tensor.ones([1, 3]), weight: inputs[0], bias: nil
        ).cast(to: .float32).sum()
        return order ? rows + product : product + rows
      }
      #expect(gradients[0]?.dtype == .float32)
      let expected = [1.001, 1.001, 1.001, 1.001, 1.001, 1.001, 1, 1, 1, 1, 1, 1]
      expectClose(gradients[0]?.doubles() ?? [], expected, relative: 1e-5)
    }
  }

  @Test func manySmallTermsAreNotLostInBfloat16() {
    let row = Tensor.ones([1, 2], dtype: .bfloat16)
    let (_, gradients) = valueAndGradients(at: [row]) {
      $0[0].gatherRows([Int](repeating: 0, count: 4096)).cast(to: .float32).sum()
    }
    #expect(gradients[0]?.doubles() == [4096, 4096])
  }

  /// On a thread with a stack of 256 KiB.
  @Test func aLongChainOverflowsNoStack() {
    let length = 200_000
    let outcome = Lock<Double?>(nil)
    let thread = Thread {
      let (_, gradients) = valueAndGradients(at: [Tensor(1, dtype: .float64)]) { inputs in
        (0..<length).reduce(inputs[0]) { x, _ in x + 1.0 }
      }
      // Built and dropped without a backward pass; with a second user half way; with two inputs.
      _ = valueAndGradients(at: [Tensor(1, dtype: .float64)]) { inputs in
        var middle = inputs[0]
        var chain = inputs[0]
        for step in 0..<length {
          chain = step % 3 == 0 ? chain * chain : -chain
          if step == length / 2 { middle = chain }
        }
        return middle.detached()
      }
      outcome.withLock { $0 = gradients[0]?.item() }
    }
    thread.stackSize = 256 << 10
    thread.start()
    while !thread.isFinished { Thread.sleep(forTimeInterval: 0.001) }
    #expect(outcome.withLock { $0 } == 1)
  }
}

extension Tensor {
  fileprivate func transformed() -> Tensor {
    expanded(axis: 0).permuted([1, 0]).slice(axis: 0, 1..<2)
  }
}
