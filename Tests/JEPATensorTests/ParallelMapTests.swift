import Foundation
import JEPATestSupport
import Testing

import JEPATensor

@Suite struct ParallelMapTests {
  struct Refusal: Error, Equatable { var index: Int }

  @Test(arguments: [1, 2, 3, 8])
  func keepsTheOrder(_ threads: Int) {
    #expect(parallelMap(1000, threads: threads) { $0 * $0 } == (0..<1000).map { $0 * $0 })
    #expect(parallelMap(0, threads: threads) { $0 } == [])
    #expect(parallelMap(1, threads: threads) { $0 } == [0])
  }

  @Test(arguments: [1, 2, 8])
  func throwsTheFirstErrorByIndex(_ threads: Int) {
    #expect(throws: Refusal(index: 3)) {
      try parallelMap(100, threads: threads) { index throws(Refusal) -> Int in
        if index >= 3 { throw Refusal(index: index) }
        return index
      }
    }
  }

  @Test func nests() {
    let sums = parallelMap(6, threads: 4) { i in
      parallelMap(50, threads: 4) { j in parallelMap(3, threads: 2) { i * j + $0 }.reduce(0, +) }
        .reduce(0, +)
    }
    #expect(sums == (0..<6).map { i in (0..<50).reduce(0) { $0 + 3 * (i * $1) + 3 } })
  }

  @Test func aScopeReachesTheWorkers() {
    let seen = Parallelism.withThreads(3) {
      parallelMap(16) { _ in
        [Parallelism.threads, Parallelism.withThreads(1) { Parallelism.threads }]
      }
    }
    #expect(seen == Array(repeating: [3, 1], count: 16))
  }

  @Test func runsEachIndexOnce() {
    let calls = Lock([Int](repeating: 0, count: 500))
    _ = parallelMap(500, threads: 8) { index in calls.withLock { $0[index] += 1 } }
    #expect(calls.withLock { $0 } == [Int](repeating: 1, count: 500))
  }

  @Test func theNumberOfThreadsChangesNoBit() {
    let results = [1, 2, 5].map { threads in
      parallelMap(12, threads: threads) { index -> Tensor in
        var random = RandomSource(seed: 1).split(index)
        let x = Tensor.normal([33, 17], using: &random)
        let w = Tensor.normal([9, 17], using: &random)
        return valueAndGradients(at: [x, w]) {
          linear($0[0], weight: $0[1], bias: nil).gelu().softmax().square().sum()
        }.gradients[1] ?? x
      }
    }
    for other in results.dropFirst() {
      for (a, b) in zip(results[0], other) { expectSameBits(a, b) }
    }
  }
}

@Suite struct ConcurrencyTests {
  /// Products, attention and the rest on eight threads at once give the bits they give alone.
  @Test(arguments: DType.allCases)
  func eightThreadsAgree(_ dtype: DType) {
    @Sendable func work() -> [Tensor] {
      var random = RandomSource(seed: 2)
      var results: [Tensor] = []
      for rows in [1, 65, 130, 600] {
        let x = Tensor.normal([rows, 24], dtype: dtype, using: &random)
        let w = Tensor.normal([3 * 16, 24], dtype: dtype, using: &random)
        let (value, gradients) = valueAndGradients(at: [x, w]) { inputs in
          let qkv = linear(inputs[0], weight: inputs[1], bias: nil)
          return attention(qkv: qkv, offsets: [0, rows / 3, rows], heads: 2).layerNorm(
            epsilon: 1e-6)
        }
        results.append(value)
        results += gradients.compactMap { $0 }
        let batch = Tensor.normal([3, 7, rows], dtype: dtype, using: &random)
        results.append(matmul(batch, batch, transposeB: true))
      }
      return results
    }
    let alone = work()
    let together = Lock<[[Tensor]]>([])
    let threads = (0..<8).map { _ in
      Thread {
        for _ in 0..<5 {
          let results = work()
          together.withLock { $0.append(results) }
        }
      }
    }
    for thread in threads { thread.start() }
    while threads.contains(where: { !$0.isFinished }) { Thread.sleep(forTimeInterval: 0.001) }
    let all = together.withLock { $0 }
    #expect(all.count == 40)
    for results in all {
      for (index, (a, b)) in zip(results, alone).enumerated() { expectSameBits(a, b, "\(index)") }
    }
  }
}
