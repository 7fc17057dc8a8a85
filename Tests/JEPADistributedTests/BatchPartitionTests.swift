import JEPADistributed
import JEPATensor
import Testing

@Suite struct BatchPartitionTests {
  @Test func byHand() {
    let second = BatchPartition(images: 10, shards: 4, rank: 1, of: 2)
    #expect(second.shards == 2..<4)
    #expect((0..<4).map { second.images(ofShard: $0) } == [0..<2, 2..<5, 5..<7, 7..<10])
    #expect(second.images == 5..<10)
    #expect(BatchPartition(images: 10, shards: 4).images == 0..<10)
    // No shard is empty.
    #expect(BatchPartition(images: 3, shards: 8).shards == 0..<3)
  }

  /// Where it says so, the sum over shards is the sum over ranks of their sums, bit for bit; elsewhere not.
  @Test func bitsAreKeptWhereRanksAreSubtrees() {
    /// How a sum is bracketed.
    func tree(_ range: Range<Int>, _ leaf: (Int) -> String) -> String {
      balancedSum(range, leaf) { $0 = "(\($0)+\($1))" } ?? ""
    }
    for shards in 1...16 {
      let whole = tree(0..<shards) { "\($0)" }
      for ranks in 1...shards {
        let parts = tree(0..<ranks) { rank in
          let part = BatchPartition(images: 16, shards: shards, rank: rank, of: ranks)
          return tree(part.shards) { "\($0)" }
        }
        #expect(
          (parts == whole) == BatchPartition.keepsBits(shards: shards, ranks: ranks),
          "\(ranks) of \(shards)")
      }
    }
  }

  /// Ranks have all images between them, in order, and shards of the same images whoever has them.
  @Test(arguments: [(128, 4), (128, 8), (7, 7), (33, 12), (50, 64)])
  func ranksShareTheBatch(_ images: Int, _ shards: Int) {
    let whole = BatchPartition(images: images, shards: shards)
    for count in 1...min(shards, images, 7) {
      let parts = (0..<count).map {
        BatchPartition(images: images, shards: shards, rank: $0, of: count)
      }
      #expect(parts.flatMap { Array($0.images) } == Array(0..<images))
      #expect(parts.flatMap { Array($0.shards) } == Array(whole.shards))
      for part in parts {
        #expect(!part.shards.isEmpty)
        for shard in part.shards {
          #expect(part.images(ofShard: shard) == whole.images(ofShard: shard))
        }
      }
      let sizes = parts.map(\.shards.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }
  }
}
