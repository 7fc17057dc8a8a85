import JEPADistributed
import JEPATensor
import JEPATestSupport
import Testing

/// A function of sums whose gradient goes through sums of earlier rounds: Σ cos(W x̃)·|W|, of rows less a mean that
/// is weighted, so that its gradient does not vanish, and of their fourth moments.
private struct Moments: BatchObjective {
  let rounds = 3

  func terms(round: Int, rows: Tensor, part: Int, sums: [[Tensor]]) -> [Tensor] {
    let ones = Tensor.full([1], Double(rows.shape[0]), dtype: rows.dtype)
    switch round {
    case 0: return [(rows * rows.tanh()).sum(axis: 0), ones]
    case 1:
      let centered = rows - sums[0][0] / sums[0][1]
      return [matmul(centered, centered.sin(), transposeA: true)]
    default:
      let scaled = matmul(rows - sums[0][0] / sums[0][1], sums[1][0] / sums[0][1])
      return [scaled.square().sum(axis: 0) * Double(part), scaled.tanh().sum()]
    }
  }

  func value(of sums: [[Tensor]]) -> Tensor {
    let count = sums[0][1].reshaped([])
    return (sums[2][0] / count).squareRoot().sum() + (sums[2][1] / count).square()
      + (sums[1][0] / count).square().sum()
  }
}

@Suite struct BatchObjectiveTests {
  private static func parts(_ lengths: [Int], dtype: DType = .float64) -> [(
    rows: Tensor, part: Int
  )] {
    var random = RandomSource(seed: 3)
    return lengths.map { (.normal([$0, 4], dtype: dtype, using: &random), 1) }
  }

  private static func whole(_ parts: [(rows: Tensor, part: Int)]) -> Tensor {
    .concatenated(parts.map(\.rows), axis: 0)
  }

  /// The gradient through sums of all rounds, against finite differences of the batch in one piece.
  @Test func gradients() {
    gradientCheck(at: [Self.whole(Self.parts([7]))], "moments") { Moments()($0[0], part: 1) }
  }

  @Test(arguments: [[9], [1, 8], [3, 3, 3], [2, 0, 4, 3]])
  func partsGiveWhatTheWholeGives(_ lengths: [Int]) throws {
    let parts = Self.parts(lengths)
    let rows = Self.whole(parts)
    let expected = valueAndGradients(at: [rows]) { Moments()($0[0], part: 1) }
    let result = try Moments().valueAndGradients(of: parts, over: SingleProcess())
    #expect(abs(result.value - expected.value.item()) < 1e-12)
    expectClose(
      Tensor.concatenated(result.gradients, axis: 0), try #require(expected.gradients[0]),
      absolute: 1e-12, relative: 1e-11)
  }

  /// The same parts over several processes: the same bits where the ranks' parts are subtrees.
  @Test(arguments: [1, 2, 4], [DType.float32, .float64])
  func processesGiveTheSameBits(_ count: Int, _ dtype: DType) throws {
    let parts = Self.parts([2, 3, 1, 4, 2, 2, 3, 5], dtype: dtype)
    let expected = try Moments().valueAndGradients(of: parts, over: SingleProcess())
    let results = try ThreadRanks.run(count) { ranks in
      let own = ranks.rank * 8 / count..<(ranks.rank + 1) * 8 / count
      return try Moments().valueAndGradients(of: Array(parts[own]), over: ranks)
    }
    for (rank, result) in results.enumerated() {
      #expect(result.value == expected.value)
      for (index, gradient) in result.gradients.enumerated() {
        expectSameBits(gradient, expected.gradients[rank * 8 / count + index])
      }
    }
  }

  /// Each sum waits for all of a process's parts and no part for another: more parts than threads.
  @Test func moreRanksAndPartsThanThreads() throws {
    let parts = Self.parts(Array(repeating: 2, count: 24))
    let expected = valueAndGradients(at: [Self.whole(parts)]) { Moments()($0[0], part: 1) }
    let values = try ThreadRanks.run(3) { ranks in
      try Parallelism.withThreads(1) {
        try Moments().valueAndGradients(
          of: Array(parts[ranks.rank * 8..<(ranks.rank + 1) * 8]), over: ranks
        ).value
      }
    }
    for value in values { #expect(abs(value - expected.value.item()) < 1e-12) }
  }
}
