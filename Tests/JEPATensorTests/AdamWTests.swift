import Foundation
import JEPATensor
import JEPATestSupport
import Testing

private struct Pair: Module {
  var weight: Tensor
  var bias: Tensor
  var table: Tensor

  init(dtype: DType = .float64) {
    var random = RandomSource(seed: 1)
    weight = .normal([2, 3], dtype: dtype, using: &random)
    bias = .normal([3], dtype: dtype, using: &random)
    table = .normal([2], dtype: dtype, using: &random)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("weight", &weight)
    visitor.parameter("bias", &bias)
    visitor.frozen("table", &table)
  }

  /// Gradients that differ from step to step.
  func gradients(step: Int) -> Gradients {
    valueAndGradients(of: self) { pair in
      ((pair.weight * Double(step) + pair.bias).sin() * pair.table.slice(axis: 0, 0..<1)).sum()
    }.gradients
  }
}

/// One parameter, by hand (Loshchilov & Hutter 2019, algorithm 2, decay before the step).
private struct ByHand {
  var p: Double
  var m = 0.0
  var v = 0.0
  var t = 0.0

  mutating func step(_ g: Double, rate: Double, decay: Double, beta1: Double, beta2: Double) {
    t += 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    p -= rate * decay * p
    let (mHat, vHat) = (m / (1 - pow(beta1, t)), v / (1 - pow(beta2, t)))
    p -= rate * mHat / (vHat.squareRoot() + 1e-8)
  }
}

@Suite struct AdamWTests {
  @Test(arguments: [DType.float64, .float32])
  func followsHandArithmetic(_ dtype: DType) {
    var pair = Pair(dtype: dtype)
    var optimizer = AdamW()
    optimizer.beta2 = 0.95
    var weights = pair.weight.doubles().map { ByHand(p: $0) }
    var biases = pair.bias.doubles().map { ByHand(p: $0) }
    for step in 1...6 {
      let (rate, decay) = (0.1 / Double(step), 0.3 * Double(step))
      let gradients = pair.gradients(step: step)
      let (gw, gb) = (gradients["weight"]?.doubles() ?? [], gradients["bias"]?.doubles() ?? [])
      for i in weights.indices {
        weights[i].step(gw[i] * 0.5, rate: rate, decay: decay, beta1: 0.9, beta2: 0.95)
      }
      for i in biases.indices {
        biases[i].step(gb[i] * 0.5, rate: rate, decay: 0, beta1: 0.9, beta2: 0.95)
      }
      optimizer.update(
        &pair, gradients: gradients, learningRate: rate, weightDecay: decay, gradientScale: 0.5)
      let tolerance = dtype == .float64 ? 1e-14 : 2e-6
      expectClose(pair.weight.doubles(), weights.map(\.p), absolute: tolerance, relative: tolerance)
      expectClose(pair.bias.doubles(), biases.map(\.p), absolute: tolerance, relative: tolerance)
      #expect(optimizer.step == step)
    }
    expectSameBits(pair.table, Pair(dtype: dtype).table, "frozen")
    expectClose(
      optimizer.firstMoments["weight"]?.doubles() ?? [], weights.map(\.m), absolute: 1e-6,
      relative: 1e-5)
    #expect(Set(optimizer.firstMoments.keys) == ["weight", "bias"])
    #expect(Set(optimizer.secondMoments.keys) == ["weight", "bias"])
  }

  @Test func theFirstStepMovesByTheLearningRate() {
    var pair = Pair()
    let before = pair.bias.doubles()
    let gradients = pair.gradients(step: 1)
    var optimizer = AdamW()
    optimizer.update(&pair, gradients: gradients, learningRate: 0.01, weightDecay: 0)
    let moved = zip(pair.bias.doubles(), before).map { $0 - $1 }
    let expected = (gradients["bias"]?.doubles() ?? []).map { $0 > 0 ? -0.01 : 0.01 }
    expectClose(moved, expected, relative: 1e-6)
  }

  /// In float32, 1 − 0.999 is off by 1.3e-5 of itself. The moments must not be, neither after one step nor after
  /// many, when the factors' sum counts.
  @Test(arguments: [1, 3, 4000])
  func momentsFollowAFloat64Twin(steps: Int) {
    var (single, double) = (Pair(dtype: .float32), Pair(dtype: .float32))
    double.forEachParameter { _, tensor, _ in tensor = tensor.cast(to: .float64) }
    var (ours, twin) = (AdamW(), AdamW())
    for step in 1...steps {
      var gradients = single.gradients(step: step % 7 + 1)
      ours.update(&single, gradients: gradients, learningRate: 1e-3, weightDecay: 0.1)
      gradients = Gradients(
        names: gradients.names, tensors: gradients.tensors.map { $0?.cast(to: .float64) })
      twin.update(&double, gradients: gradients, learningRate: 1e-3, weightDecay: 0.1)
    }
    for name in ["weight", "bias"] {
      expectClose(
        ours.secondMoments[name]?.doubles() ?? [], twin.secondMoments[name]?.doubles() ?? [.nan],
        relative: steps < 10 ? 3e-7 : 3e-6)
      expectClose(
        ours.firstMoments[name]?.doubles() ?? [], twin.firstMoments[name]?.doubles() ?? [.nan],
        absolute: 1e-7, relative: 1e-6)
    }
    expectClose(
      single.weight.doubles(), double.weight.doubles(), absolute: 2e-6 * Double(steps).squareRoot(),
      relative: 0)
  }

  @Test func groupsDecideTheDecay() {
    var pair = Pair()
    let start = pair
    let zero = valueAndGradients(of: pair) { ($0.weight * 0.0).sum() + ($0.bias * 0.0).sum() }
      .gradients
    var optimizer = AdamW { name, shape in name == "bias" && shape == [3] }
    optimizer.update(&pair, gradients: zero, learningRate: 0.1, weightDecay: 0.5)
    expectSameBits(pair.weight, start.weight)
    expectClose(pair.bias, start.bias * 0.95, relative: 1e-15)
    var usual = AdamW()
    pair = start
    usual.update(&pair, gradients: zero, learningRate: 0.1, weightDecay: 0.5)
    expectSameBits(pair.bias, start.bias)
    expectClose(pair.weight, start.weight * 0.95, relative: 1e-15)
  }

  @Test func whatHasNoGradientIsLeftAlone() {
    var pair = Pair()
    var optimizer = AdamW()
    let gradients = valueAndGradients(of: pair) { $0.bias.sum() }.gradients
    optimizer.update(&pair, gradients: gradients, learningRate: 0.1, weightDecay: 0.5)
    expectSameBits(pair.weight, Pair().weight)
    #expect(pair.bias.doubles() != Pair().bias.doubles())
    #expect(optimizer.firstMoments["weight"] == nil)
  }

  @Test func restoringContinuesBitForBit() {
    var (pair, optimizer) = (Pair(dtype: .float32), AdamW())
    for step in 1...3 {
      optimizer.update(
        &pair, gradients: pair.gradients(step: step), learningRate: 0.1, weightDecay: 0.1)
    }
    var (other, restored) = (pair, AdamW())
    restored.state = optimizer.state
    for step in 4...6 {
      optimizer.update(
        &pair, gradients: pair.gradients(step: step), learningRate: 0.1, weightDecay: 0.1)
      restored.update(
        &other, gradients: other.gradients(step: step), learningRate: 0.1, weightDecay: 0.1)
    }
    expectSameBits(pair.weight, other.weight)
    expectSameBits(pair.bias, other.bias)
  }

  @Test func updatingLeavesCopiesAlone() {
    var pair = Pair()
    let copy = pair
    var optimizer = AdamW()
    let gradients = pair.gradients(step: 1)
    optimizer.update(&pair, gradients: gradients, learningRate: 0.1, weightDecay: 0.1)
    let kept = optimizer
    optimizer.update(&pair, gradients: gradients, learningRate: 0.1, weightDecay: 0.1)
    expectSameBits(copy.weight, Pair().weight)
    #expect(kept.step == 1)
    #expect(kept.firstMoments["bias"]?.doubles() != optimizer.firstMoments["bias"]?.doubles())
  }
}

@Suite struct MovingAverageTests {
  @Test(arguments: [DType.float64, .float32])
  func movesTowardsTheOther(_ dtype: DType) {
    let student = Pair(dtype: dtype)
    var teacher = student
    teacher.forEachParameter { _, tensor, _ in tensor = tensor * 3.0 }
    let (weight, table) = (teacher.weight, teacher.table)
    teacher.moveTowards(student, momentum: 0.75)
    let expected = zip(weight.doubles(), student.weight.doubles()).map { 0.75 * $0 + 0.25 * $1 }
    expectClose(teacher.weight.doubles(), expected, relative: dtype == .float64 ? 1e-15 : 2e-7)
    expectSameBits(teacher.table, table, "frozen")
    expectSameBits(student.weight, Pair(dtype: dtype).weight)
    teacher.moveTowards(student, momentum: 0)
    expectSameBits(teacher.bias, student.bias)
  }

  @Test func aCopyStaysWhereItWasUntilMoved() {
    // The target starts as a plain copy and shares its bytes until the first move.
    var student = Pair()
    var teacher = student
    student.forEachParameter { _, tensor, _ in tensor = tensor + 1.0 }
    expectSameBits(teacher.weight, Pair().weight)
    teacher.moveTowards(student, momentum: 1)
    expectSameBits(teacher.weight, Pair().weight)
  }
}
