import Dispatch
import JEPATensor

/// Work for several shards, cut into pieces that whichever thread comes by computes.
///
/// Cores seldom run equally fast, least of all beside other people's work. The thread whose shard is ahead
/// takes pieces of the others', so that no core waits while there are any. What a piece gives depends on
/// the piece alone.
final class SharedPieces: Sendable {
  private struct Shard {
    let pieces: [Range<Int>]
    /// Those from here on are taken.
    var end: Int
    var start = 0
    var results: [Tensor?]

    var remaining: Int { end - start }
  }

  private let shards: Lock<[Shard]>
  private let unfinished: [DispatchGroup]
  private let compute: @Sendable (_ shard: Int, _ piece: Range<Int>) -> Tensor

  /// - Parameters:
  ///   - counts: what there is to compute for each shard, images for example.
  ///   - itemsPerPiece: the last piece of a shard has what is left.
  ///   - compute: gives a piece's rows.
  init(
    counts: [Int], itemsPerPiece: Int,
    compute: @escaping @Sendable (_ shard: Int, _ piece: Range<Int>) -> Tensor
  ) {
    self.compute = compute
    let shards = counts.map { count in
      let starts = count == 0 ? [0] : Array(stride(from: 0, to: count, by: itemsPerPiece))
      return Shard(
        pieces: starts.map { $0..<min($0 + itemsPerPiece, count) }, end: starts.count,
        results: starts.map { _ in nil })
    }
    self.shards = Lock(shards)
    unfinished = shards.map { shard in
      let group = DispatchGroup()
      for _ in shard.pieces { group.enter() }
      return group
    }
  }

  /// The rows of all pieces of a shard, in order; to be called once for each. Computes pieces, those of this shard first, until none
  /// is left, then waits for what other threads still compute of it.
  func result(ofShard shard: Int) -> Tensor {
    while let (owner, index, piece) = next(for: shard) {
      let rows = compute(owner, piece)
      shards.withLock { $0[owner].results[index] = rows }
      unfinished[owner].leave()
    }
    unfinished[shard].wait()
    let rows = shards.withLock { shards in
      defer { shards[shard].results = [] }
      return shards[shard].results.compactMap { $0 }
    }
    return Tensor.concatenated(rows, axis: 0)
  }

  /// Its own shard's first piece that nobody has, else the last one of the shard that has most.
  private func next(for shard: Int) -> (owner: Int, index: Int, piece: Range<Int>)? {
    shards.withLock { shards in
      if shards[shard].remaining > 0 {
        defer { shards[shard].start += 1 }
        return (shard, shards[shard].start, shards[shard].pieces[shards[shard].start])
      }
      guard let owner = shards.indices.max(by: { shards[$0].remaining < shards[$1].remaining }),
        shards[owner].remaining > 0
      else { return nil }
      shards[owner].end -= 1
      return (owner, shards[owner].end, shards[owner].pieces[shards[owner].end])
    }
  }
}
