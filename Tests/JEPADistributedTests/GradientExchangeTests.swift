import Foundation
import JEPATestSupport
import Testing

@testable import JEPADistributed
@testable import JEPATensor

@Suite struct GradientExchangeTests {
  private struct Pair: Module {
    var a = Tensor.zeros([2, 3])
    var b = Tensor.zeros([4], dtype: .float64)
    var fixed = Tensor.zeros([100])
    var c = Tensor.zeros([1])
    var unused = Tensor.zeros([5])

    mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
      visitor.parameter("a", &a)
      visitor.parameter("b", &b)
      visitor.frozen("fixed", &fixed)
      visitor.parameter("c", &c)
      visitor.parameter("unused", &unused)
    }
  }

  /// Another communicator, which notes of each sum its bytes and whether the thread that made this called it.
  private final class Noting: Communicator {
    let inner: any Communicator
    let isUsableFromAnyThread: Bool
    let sums = Lock<[Int]>([])
    let areByMaker = Lock<[Bool]>([])
    private let maker = pthread_self()
    var rank: Int { inner.rank }
    var count: Int { inner.count }

    init(inner: any Communicator, isUsableFromAnyThread: Bool) {
      self.inner = inner
      self.isUsableFromAnyThread = isUsableFromAnyThread
    }

    func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) throws {
      try inner.sum(values, of: type)
      sums.withLock { $0.append(values.count) }
      let isMaker = pthread_equal(maker, pthread_self()) != 0
      areByMaker.withLock { $0.append(isMaker) }
    }
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
      try inner.broadcast(bytes, from: root)
    }
    func barrier() throws { try inner.barrier() }
  }

  /// Whatever the buckets' size, in whatever order and by whichever thread gradients come. `c` has a
  /// gradient on the last rank only, `unused` on none.
  @Test(arguments: [1, 24, 1 << 20], [true, false])
  func everyGradientIsSummed(_ bytes: Int, _ anyThread: Bool) throws {
    let results = try ThreadRanks.run(3) { ranks in
      let ranks = Noting(inner: ranks, isUsableFromAnyThread: anyThread)
      let exchange = GradientExchange(of: Pair(), over: ranks, bucketBytes: bytes)
      let rank = Double(ranks.rank)
      let own: [(Int, Tensor)] = [
        (0, .full([2, 3], rank + 1)), (1, .full([4], rank * 0.5, dtype: .float64)),
      ]
      _ = parallelMap(2, threads: 2) { index in
        let (place, gradient) = own[(index + ranks.rank) % 2]
        exchange.add(gradient, at: place)
      }
      if rank == 2 { exchange.add(.full([1], 7), at: 2) }
      return try exchange.finish()
    }
    for sum in results {
      #expect(sum.names == ["a", "b", "c", "unused"])
      #expect(try #require(sum["a"]).doubles() == Array(repeating: 6, count: 6))
      #expect(try #require(sum["a"]).shape == [2, 3])
      #expect(try #require(sum["b"]).doubles() == Array(repeating: 1.5, count: 4))
      #expect(try #require(sum["b"]).dtype == .float64)
      #expect(try #require(sum["c"]).doubles() == [7])
      #expect(sum["unused"] == nil)
    }
  }

  /// The last parameters' bucket goes while the first ones' gradients are still awaited.
  @Test func aFullBucketDoesNotWait() throws {
    let waited = try ThreadRanks.run(2) { ranks in
      let ranks = Noting(inner: ranks, isUsableFromAnyThread: true)
      let exchange = GradientExchange(of: Pair(), over: ranks, bucketBytes: 24)
      exchange.add(.zeros([5]), at: 3)
      exchange.add(.zeros([1]), at: 2)
      var tries = 0
      while ranks.sums.withLock({ $0.isEmpty }), tries < 10_000 {
        usleep(1000)
        tries += 1
      }
      let early = ranks.sums.withLock { $0 }
      exchange.add(.zeros([2, 3]), at: 0)
      exchange.add(.zeros([4], dtype: .float64), at: 1)
      _ = try exchange.finish()
      return (early, ranks.sums.withLock { $0 })
    }
    for (early, all) in waited {
      #expect(early == [24])
      // Then the others, and which gradients there are.
      #expect(all == [24, 32, 24, 32])
    }
  }

  /// Three buckets and which gradients there are: the last by the thread that finishes in any case.
  @Test(arguments: [true, false])
  func aCommunicatorBoundToItsThreadIsUsedByNoOther(_ anyThread: Bool) throws {
    let callers = try ThreadRanks.run(2) { ranks in
      let ranks = Noting(inner: ranks, isUsableFromAnyThread: anyThread)
      let exchange = GradientExchange(of: Pair(), over: ranks, bucketBytes: 24)
      for (index, parameter) in [Pair().a, Pair().b, Pair().c, Pair().unused].enumerated() {
        exchange.add(parameter, at: index)
      }
      _ = try exchange.finish()
      return ranks.areByMaker.withLock { $0 }
    }
    let expected = [!anyThread, !anyThread, !anyThread, true]
    #expect(callers == [expected, expected])
  }

  /// Whoever held the parameters would have the optimiser copy them.
  @Test func parametersAreNotHeld() throws {
    let held = try ThreadRanks.run(2) { ranks in
      weak var storage: Storage?
      func exchange() -> GradientExchange {
        let model = Pair()
        storage = model.a.storage
        return GradientExchange(of: model, over: ranks)
      }
      let made = exchange()
      defer { _ = try? made.finish() }
      return storage != nil
    }
    #expect(held == [false, false])
  }

  @Test func whatFailsFailsAtTheEnd() throws {
    struct Broken: Communicator {
      let isUsableFromAnyThread: Bool
      var rank: Int { 0 }
      var count: Int { 2 }
      func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) throws {
        throw CommunicatorError("no network")
      }
      func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}
      func barrier() {}
    }
    for anyThread in [true, false] {
      let exchange = GradientExchange(
        of: Pair(), over: Broken(isUsableFromAnyThread: anyThread), bucketBytes: 8)
      exchange.add(.zeros([5]), at: 3)
      #expect(throws: CommunicatorError("no network")) { try exchange.finish() }
    }
  }

  /// A bucket begins with the last parameter, ends with the one that fills it, and has one type.
  @Test func bucketsByHand() {
    let parameters: [Tensor] = [
      .zeros([9]), .zeros([2], dtype: .float64), .zeros([1]), .zeros([4]), .zeros([4]),
    ]
    let buckets = GradientBuckets(parameters, bytes: 32).buckets
    #expect(buckets.map(\.indices) == [[4, 3], [2], [1], [0]])
    #expect(buckets.map(\.offsets) == [[0, 16], [0], [0], [0]])
    #expect(buckets.map(\.bytes) == [32, 4, 16, 36])
    #expect(
      GradientBuckets(parameters, bytes: 1 << 20).buckets.map(\.indices) == [[4, 3, 2], [1], [0]])
  }
}
