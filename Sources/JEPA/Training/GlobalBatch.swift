import JEPADistributed
import JEPATensor

/// What every rank must know of the whole batch to compute its part of the step.
struct GlobalBatch {
  let partition: BatchPartition
  /// Target rows by rank.
  let rows: [Int]
  /// Context tokens over all ranks.
  let contextTokens: Int

  /// Target rows over all ranks: what losses and gradients are divided by.
  var rowCount: Int { rows.reduce(0, +) }

  /// The batch of a process alone.
  init(images: Int, masks: MaskBatch, shards: Int) {
    partition = BatchPartition(images: images, shards: shards)
    rows = [masks.targetRowCount]
    contextTokens = masks.contextSequences.patches.count
  }

  /// Asks all ranks for the sizes of their parts.
  ///
  /// - Parameters:
  ///   - images: this rank's.
  ///   - shards: those of the whole batch.
  /// - Throws: `CommunicatorError`, also where this rank has other images than those of its shards.
  init(images: Int, masks: MaskBatch, shards: Int, over communicator: any Communicator) throws {
    let sizes = try communicator.gather([
      Double(images), Double(masks.targetRowCount),
      Double(masks.contextSequences.patches.count),
    ])
    let total = Int(sizes.reduce(0) { $0 + $1[0] })
    guard total >= communicator.count else {
      throw CommunicatorError(
        "\(total) images for \(communicator.count) processes; raise data.batch_size, or start fewer"
      )
    }
    partition = BatchPartition(
      images: total, shards: shards, rank: communicator.rank, of: communicator.count)
    rows = sizes.map { Int($0[1]) }
    contextTokens = Int(sizes.reduce(0) { $0 + $1[2] })
    guard partition.images.count == images else {
      throw CommunicatorError(
        "process \(communicator.rank) was given \(images) of \(total) images, where its shards hold "
          + "\(partition.images.count)")
    }
  }
}
