import JEPAData
import JEPADensity
import JEPADistributed

// What several processes of a run settle among themselves.

extension TrainingRun {
  /// The masks of this process's part of a batch: those that it would have in one process.
  func masks(of batch: ImageBatch, epoch: Int, step: Int) throws -> MaskBatch {
    guard communicator.count > 1, configuration.mask.reference else {
      return masks.masks(epoch: epoch, step: step, indices: batch.indices)
    }
    // The reference draws sizes once for the batch and cuts all lists to the batch's shortest.
    var indices = [Double](repeating: 0, count: partition.imageCount)
    indices.replaceSubrange(partition.images, with: batch.indices.map(Double.init))
    return masks.masks(
      epoch: epoch, step: step, indices: try communicator.sum(indices).map { Int($0) }
    ).images(partition.images)
  }

  static var processesKey: String { "processes" }

  /// What is to be told where a run goes on in another number of processes; nil where its bits stay.
  ///
  /// - Parameters:
  ///   - metadata: the checkpoint's, nil without one.
  ///   - shards: the checkpoint's.
  func changedProcesses(_ metadata: [String: String]?, shards: Int) -> RunOpeningEvent? {
    guard let metadata, metadata["shards"] != nil else { return nil }
    if trainer.shards != shards { return .changedShards(shards, trainer.shards) }
    let old = metadata[Self.processesKey].flatMap { Int($0) } ?? 1
    let used = partition.shardCount
    guard old != communicator.count,
      !BatchPartition.keepsBits(shards: used, ranks: old)
        || !BatchPartition.keepsBits(shards: used, ranks: communicator.count)
    else { return nil }
    return .changedProcesses(old, communicator.count, shards: used)
  }

  /// Compares the processes' states; a difference is told in the run's log.
  ///
  /// - Returns: the checksum of the state.
  /// - Throws: ``TrainingError/ranksDiffer(step:ranks:)``.
  func requireSameState(_ events: RunLog?) throws -> UInt32 {
    do {
      return try trainer.requireSameState()
    } catch let error as TrainingError {
      try events?.record(error.event, step: trainer.step, ["cause": error.cause, "action": "stop"])
      throw error
    }
  }
}

extension TrainingConfiguration {
  /// This configuration with the precision that `auto` means, the first process's on every process, whatever their
  /// processors: that of the run in `folder` where one is continued.
  /// - Throws: what reading the run's configuration throws; `JointFailure`.
  func withOnePrecision(
    resuming folder: RunFolder?, over communicator: any Communicator
  ) throws -> TrainingConfiguration {
    let name = try communicator.shared {
      let stored = try folder.map { try TrainingConfiguration(contentsOf: $0.configuration) }
      return resolvingPrecision(asIn: stored).meta.precision.rawValue
    }
    var result = self
    result.meta.precision = TrainingPrecision(rawValue: name) ?? .float32
    return result
  }
}
