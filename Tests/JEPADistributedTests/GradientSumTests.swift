import JEPATensor
import TestSupport
import Testing

@testable import JEPADistributed

@Suite struct GradientSumTests {
  private struct Pair: Module {
    var a = Tensor.zeros([2, 3])
    var b = Tensor.zeros([4], dtype: .float64)
    var c = Tensor.zeros([1])
    var unused = Tensor.zeros([5])

    mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
      visitor.parameter("a", &a)
      visitor.parameter("b", &b)
      visitor.parameter("c", &c)
      visitor.parameter("unused", &unused)
    }
  }

  /// Whatever the buckets' size. `c` has a gradient on the last rank only, `unused` on none.
  @Test(arguments: [1, 24, 1 << 20])
  func everyGradientIsSummed(_ bytes: Int) throws {
    let results = try ThreadRanks.run(3) { ranks in
      let rank = Double(ranks.rank)
      let own = Gradients(
        names: ["a", "b", "c", "unused"],
        tensors: [
          .full([2, 3], rank + 1), .full([4], rank * 0.5, dtype: .float64),
          rank == 2 ? .full([1], 7) : nil, nil,
        ])
      return try own.sum(over: ranks, of: Pair(), bucketBytes: bytes)
    }
    for sum in results {
      #expect(try #require(sum["a"]).doubles() == Array(repeating: 6, count: 6))
      #expect(try #require(sum["a"]).shape == [2, 3])
      #expect(try #require(sum["b"]).doubles() == Array(repeating: 1.5, count: 4))
      #expect(try #require(sum["b"]).dtype == .float64)
      #expect(try #require(sum["c"]).doubles() == [7])
      #expect(sum["unused"] == nil)
    }
  }

  /// A bucket ends with the gradient that fills it, and has one type.
  @Test func bucketsByHand() {
    let tensors: [Tensor?] = [
      .zeros([4]), nil, .zeros([4]), .zeros([1]), .zeros([2], dtype: .float64), .zeros([9]),
    ]
    let buckets = GradientBuckets(tensors, bytes: 32).buckets
    #expect(buckets.map(\.indices) == [[0, 2], [3], [4], [5]])
    #expect(buckets.map(\.bytes) == [32, 4, 16, 36])
    #expect(
      GradientBuckets(tensors, bytes: 1 << 20).buckets.map(\.indices) == [[0, 2, 3], [4], [5]])
  }
}
