import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

@Suite struct BlockTests {
  private static func block(
    dropPathRate: Double = 0, qkvBias: Bool = true, dtype: DType = .float64
  ) -> Block {
    var random = RandomSource(seed: 11)
    var block = Block(
      dimensions: 12, heads: 3, mlpDimensions: 20, qkvBias: qkvBias, dropPathRate: dropPathRate,
      dtype: dtype, using: &random)
    block.scramble(using: random.split("scramble"))
    return block
  }

  private static func sequences(_ lengths: [Int], dtype: DType = .float64) -> TokenSequences {
    var random = RandomSource(seed: 12)
    let offsets = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    return TokenSequences(
      tokens: .normal([lengths.reduce(0, +), 12], dtype: dtype, using: &random), offsets: offsets)
  }

  private static func withoutDropping(_ block: Block, _ x: TokenSequences) -> Tensor {
    var none: RandomRows?
    return block(x, dropPath: &none).tokens
  }

  @Test(arguments: [true, false])
  func agreesWithNestedLoops(_ qkvBias: Bool) {
    let block = Self.block(qkvBias: qkvBias)
    #expect((block.attn.qkv.bias != nil) == qkvBias)
    let x = Self.sequences([5, 1, 0, 7])
    let parts = [0..<5, 5..<6, 6..<13].map { naive(block, Naive(x.tokens.slice(axis: 0, $0))) }
    expectClose(
      Self.withoutDropping(block, x), Naive.concatenated(parts, axis: 0).tensor, absolute: 1e-12,
      relative: 1e-12)
  }

  @Test func everyTensorIsWalked() {
    expectEveryTensorIsWalked(Self.block())
    expectEveryTensorIsWalked(Self.block(qkvBias: false))
  }

  @Test func gradients() {
    let block = Self.block()
    let x = Self.sequences([4, 2])
    var random = RandomSource(seed: 13)
    let weights = Tensor.normal(x.tokens.shape, dtype: .float64, using: &random)
    gradientCheck(of: block, limit: 6, "block") { block in
      (Self.withoutDropping(block, x) * weights).sum()
    }
    gradientCheck(at: [x.tokens], limit: 24, "block input") { inputs in
      Self.withoutDropping(block, TokenSequences(tokens: inputs[0], offsets: x.offsets))
    }
  }

  @Test func zeroRateDropsNothing() {
    let block = Self.block()
    let x = Self.sequences([3, 4])
    var random: RandomRows? = RandomRows(count: 2, from: RandomSource(seed: 1))
    expectSameBits(block(x, dropPath: &random).tokens, Self.withoutDropping(block, x))
    let dropping = Self.block(dropPathRate: 0.5)
    expectSameBits(Self.withoutDropping(dropping, x), Self.withoutDropping(block, x))
  }

  /// Whole sequences are dropped, per branch; the others are scaled by 1 / (1 − rate).
  @Test func dropsWholeSequences() {
    var block = Self.block(dropPathRate: 0.25)
    // No second branch: what is left is the first alone.
    block.mlp.fc2.weight = .zeros(block.mlp.fc2.weight.shape, dtype: .float64)
    block.mlp.fc2.bias = .zeros([12], dtype: .float64)
    let lengths = (0..<400).map { 1 + $0 % 3 }
    let x = Self.sequences(lengths)
    let full = Self.withoutDropping(block, x) - x.tokens
    var random: RandomRows? = RandomRows(count: 400, from: RandomSource(seed: 21))
    let result = block(x, dropPath: &random).tokens - x.tokens
    var kept = 0
    for (start, end) in zip(x.offsets, x.offsets.dropFirst()) {
      let part = result.slice(axis: 0, start..<end)
      if part.doubles().allSatisfy({ $0 == 0 }) { continue }
      kept += 1
      expectClose(
        part, full.slice(axis: 0, start..<end) * (4.0 / 3), absolute: 1e-12, relative: 1e-12)
    }
    // 300 expected, standard deviation 8.7.
    #expect(abs(kept - 300) < 40)
  }

  /// The mean over many draws is the branch itself.
  @Test func droppingKeepsTheExpectation() {
    var block = Self.block(dropPathRate: 0.3)
    block.mlp.fc2.weight = .zeros(block.mlp.fc2.weight.shape, dtype: .float64)
    block.mlp.fc2.bias = .zeros([12], dtype: .float64)
    let x = Self.sequences([2])
    let full = Self.withoutDropping(block, x) - x.tokens
    var random: RandomRows? = RandomRows(count: 1, from: RandomSource(seed: 22))
    var total = Tensor.zeros(full.shape, dtype: .float64)
    let draws = 4000
    for _ in 0..<draws { total = total + (block(x, dropPath: &random).tokens - x.tokens) }
    // One draw deviates by √(0.3 / 0.7) = 0.65 of the branch; the mean by 0.0104 of it.
    expectClose(total / Double(draws), full, absolute: 1e-9, relative: 0.05)
  }

  @Test func droppingDependsOnTheSourceAlone() {
    let block = Self.block(dropPathRate: 0.5)
    let x = Self.sequences(Array(repeating: 2, count: 20))
    func run(_ seed: UInt64) -> Tensor {
      var random: RandomRows? = RandomRows(count: 20, from: RandomSource(seed: seed))
      return block(x, dropPath: &random).tokens
    }
    expectSameBits(run(5), run(5))
    #expect(run(5).doubles() != run(6).doubles())
  }

  /// The outputs of some tokens are those of the whole block, with their gradients, in any order and more than once.
  @Test func someTokensAlone() {
    let block = Self.block(dropPathRate: 0.5)
    let x = Self.sequences([4, 3, 0, 5])
    let rows: [Int32] = [11, 0, 5, 5, 2]
    let draws = RandomRows(count: 4, from: RandomSource(seed: 2))
    func outputs(_ tokens: Tensor, alone: Bool) -> Tensor {
      var random: RandomRows? = draws
      let x = TokenSequences(tokens: tokens, offsets: x.offsets)
      return alone
        ? block.tokens(rows, of: x, dropPath: &random)
        : block(x, dropPath: &random).tokens.gatherRows(rows)
    }
    var random = RandomSource(seed: 3)
    let weights = Tensor.normal([5, 12], dtype: .float64, using: &random)
    let few = valueAndGradients(at: [x.tokens]) { (outputs($0[0], alone: true) * weights).sum() }
    let all = valueAndGradients(at: [x.tokens]) { (outputs($0[0], alone: false) * weights).sum() }
    expectClose(
      outputs(x.tokens, alone: true), outputs(x.tokens, alone: false), absolute: 1e-13,
      relative: 1e-13)
    expectClose(
      few.gradients[0] ?? .zeros([]), all.gradients[0] ?? .zeros([]), absolute: 1e-12,
      relative: 1e-12)
  }

  @Test func droppingWorksInBFloat16() {
    let block = Self.block(dropPathRate: 0.5, dtype: .float32).matrices(in: .bfloat16)
    let x = Self.sequences([3, 2, 4], dtype: .float32)
    var random: RandomRows? = RandomRows(count: 3, from: RandomSource(seed: 3))
    let result = block(x, dropPath: &random).tokens
    #expect(result.dtype == .float32)
    #expect(result.isFinite)
  }

  @Test func bfloat16MatricesStayNearFloat32() {
    let block = Self.block(dtype: .float32)
    let x = Self.sequences([6, 3], dtype: .float32)
    let exact = Self.withoutDropping(block, x)
    let rounded = Self.withoutDropping(block.matrices(in: .bfloat16), x)
    #expect(rounded.dtype == .float32)
    expectClose(rounded, exact, ofLargest: 0.03)
    #expect(rounded.doubles() != exact.doubles())
  }

  /// Output projections of block i are divided by √(2 (i + 1)), and nothing else is.
  @Test func depthScaling() throws {
    func stack(scaled: Bool) -> [Block] {
      var random = RandomSource(seed: 31)
      return Block.stack(
        depth: 3, dimensions: 8, heads: 2, mlpDimensions: 12, dropPathRate: 0.2,
        depthScaled: scaled, dtype: .float64, using: &random)
    }
    let (plain, scaled) = (stack(scaled: false), stack(scaled: true))
    for (index, (before, after)) in zip(plain, scaled).enumerated() {
      let factor = 1 / Double(2 * (index + 1)).squareRoot()
      for (old, new) in zip(before.namedParameters(), after.namedParameters()) {
        let isOutput = ["attn.proj.weight", "mlp.fc2.weight"].contains(old.name)
        expectClose(
          new.tensor, old.tensor * (isOutput ? factor : 1), relative: 1e-15, "\(index) \(old.name)")
      }
    }
    expectClose(scaled.map(\.dropPathRate), [0, 0.1, 0.2], absolute: 1e-15, relative: 0)
    var random = RandomSource(seed: 31)
    let single = Block.stack(
      depth: 1, dimensions: 8, heads: 2, mlpDimensions: 12, dropPathRate: 0.2, using: &random)
    #expect(single[0].dropPathRate == 0)
  }

  /// N(0, 0.02²), truncated at ±2; biases 0, scales of norms 1.
  @Test func initialMoments() {
    var random = RandomSource(seed: 41)
    let block = Block(dimensions: 64, heads: 4, mlpDimensions: 256, using: &random)
    for (name, tensor) in block.namedParameters() {
      let values = tensor.doubles()
      if name.hasSuffix("bias") {
        #expect(values.allSatisfy { $0 == 0 }, "\(name)")
      } else if name.contains("norm") {
        #expect(values.allSatisfy { $0 == 1 }, "\(name)")
      } else {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        // Five standard errors.
        #expect(abs(mean) < 5 * 0.02 / count.squareRoot(), "\(name): mean \(mean)")
        #expect(
          abs(deviation / 0.02 - 1) < 5 / (2 * count).squareRoot(), "\(name): \(deviation)")
        #expect(values.allSatisfy { abs($0) <= 2 })
      }
    }
  }

  /// With a deviation near the bound the truncation at ±2 shows.
  @Test func truncationAtTwo() {
    var random = RandomSource(seed: 42)
    let block = Block(dimensions: 16, heads: 2, mlpDimensions: 64, deviation: 2, using: &random)
    let values = block.mlp.fc1.weight.doubles()
    #expect(values.allSatisfy { abs($0) <= 2 })
    #expect(values.contains { abs($0) > 1.9 })
    // A normal truncated at one deviation has deviation 0.540 of it.
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    #expect(abs(deviation - 1.079) < 0.08)
  }
}
