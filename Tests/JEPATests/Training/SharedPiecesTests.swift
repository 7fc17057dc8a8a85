import Foundation
import JEPATensor
import Testing

@testable import JEPA

@Suite struct SharedPiecesTests {
  /// One row per item: its shard and its number.
  private static func rows(_ shard: Int, _ piece: Range<Int>) -> Tensor {
    Tensor(
      piece.flatMap { [Float(shard), Float($0)] }, shape: [piece.count, 2])
  }

  private static func expected(_ shard: Int, _ count: Int) -> [Float] {
    (0..<count).flatMap { [Float(shard), Float($0)] }
  }

  @Test func aThreadThatIsAheadTakesEveryonesPieces() {
    let taken = Lock<[[Range<Int>]]>([[], [], []])
    let work = SharedPieces(counts: [5, 7, 0], itemsPerPiece: 3) { shard, piece in
      taken.withLock { $0[shard].append(piece) }
      return Self.rows(shard, piece)
    }
    #expect(work.result(ofShard: 0).floats() == Self.expected(0, 5))
    // Its own first, then the others' from their ends.
    let pieces = taken.withLock { $0 }
    #expect(pieces == [[0..<3, 3..<5], [6..<7, 3..<6, 0..<3], [0..<0]])
    #expect(work.result(ofShard: 1).floats() == Self.expected(1, 7))
    #expect(work.result(ofShard: 2).shape == [0, 2])
    #expect(taken.withLock { $0 } == pieces, "something was computed twice")
  }

  @Test(arguments: [1, 2, 4, 7])
  func whoComputesWhatDoesNotMatter(_ threads: Int) {
    let counts = [9, 0, 4, 30, 1]
    for round in 0..<20 {
      let computed = Lock(0)
      let work = SharedPieces(counts: counts, itemsPerPiece: 2) { shard, piece in
        if (shard + piece.lowerBound + round) % 5 == 0 { usleep(300) }
        computed.withLock { $0 += piece.count }
        return Self.rows(shard, piece)
      }
      let results = parallelMap(counts.count, threads: threads) { work.result(ofShard: $0) }
      for (shard, count) in counts.enumerated() {
        #expect(results[shard].floats() == Self.expected(shard, count))
      }
      #expect(computed.withLock { $0 } == counts.reduce(0, +))
    }
  }
}
