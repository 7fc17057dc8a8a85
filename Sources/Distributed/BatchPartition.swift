import JEPATensor

/// How a batch is cut into shards, and shards are shared out among ranks.
///
/// Images keep their order: rank 0 has the first ones. Shards differ by one image at most, ranks by one
/// shard. There are no more shards than images.
public struct BatchPartition: Sendable, Equatable {
  /// The number of images of the whole batch.
  public let imageCount: Int
  /// The number of shards of the whole batch.
  public let shardCount: Int
  /// This process and all of them.
  public let rank: Int
  public let rankCount: Int

  /// - Parameter shards: as many as wanted over all ranks, at least one for each of them.
  public init(images: Int, shards: Int, rank: Int = 0, of ranks: Int = 1) {
    require(
      shards >= ranks && 0..<ranks ~= rank && (ranks == 1 || images >= ranks),
      "BatchPartition: \(images) images in \(shards) shards for rank \(rank) of \(ranks)")
    imageCount = images
    shardCount = max(1, min(shards, images))
    self.rank = rank
    rankCount = ranks
  }

  /// Whether sums over shards have the same bits whether so many ranks share them out or one has all: the
  /// shards of each rank are then a subtree of the balanced tree.
  public static func keepsBits(shards: Int, ranks: Int) -> Bool {
    guard 1...shards ~= ranks else { return false }
    /// Whether the halves of these ranks have the halves of their shards, and so on down.
    func halve(_ part: Range<Int>) -> Bool {
      if part.count == 1 { return true }
      let middle = part.lowerBound + part.count / 2
      let (first, end) = (part.lowerBound * shards / ranks, part.upperBound * shards / ranks)
      return middle * shards / ranks == first + (end - first) / 2
        && halve(part.lowerBound..<middle) && halve(middle..<part.upperBound)
    }
    return halve(0..<ranks)
  }

  /// This rank's shards.
  public var shards: Range<Int> {
    rank * shardCount / rankCount..<(rank + 1) * shardCount / rankCount
  }

  /// A shard's images in the whole batch.
  public func images(ofShard shard: Int) -> Range<Int> {
    shard * imageCount / shardCount..<(shard + 1) * imageCount / shardCount
  }

  /// This rank's images in the whole batch.
  public var images: Range<Int> {
    images(ofShard: shards.lowerBound)
      .lowerBound..<images(ofShard: shards.upperBound - 1).upperBound
  }

  /// The images of each of this rank's shards, counted from the rank's first.
  public var ownImagesByShard: [Range<Int>] {
    let first = images.lowerBound
    return shards.map { shard in
      let range = images(ofShard: shard)
      return range.lowerBound - first..<range.upperBound - first
    }
  }
}
