import JEPADensity
import JEPADistributed
import JEPATensor

// What ranks exchange. A process alone exchanges nothing.

/// What a rank must know to receive another's state.
private struct StateHeader: Codable {
  var step: Int
  var optimizer: String
  var optimizerStep: Int
  /// Names of parameters that have a tensor, by slot.
  var slots: [String: [String]]
}

extension Trainer {
  /// The parts of the loss summed over all shards of all ranks, in the shards' order.
  func total(
    _ losses: [Double], _ batch: GlobalBatch, over communicator: any Communicator
  ) throws -> Double {
    var values = [Double](repeating: 0, count: batch.partition.shardCount)
    for (shard, loss) in zip(batch.partition.shards, losses) { values[shard] = loss }
    return try communicator.sum(values).reduce(0, +)
  }

  /// The rows of all ranks, one rank's after the other's: [Nᵣ, D] → [N, D].
  func gathered(_ rows: Tensor, _ batch: GlobalBatch) throws -> Tensor {
    if communicator.count == 1 { return rows }
    let own = rows.detached().cast(to: rows.dtype == .float64 ? .float64 : .float32)
    let width = own.shape[1]
    let before = batch.rows[..<communicator.rank].reduce(0, +)
    let after = batch.rowCount - before - own.shape[0]
    var all = Tensor.concatenated(
      [
        .zeros([before, width], dtype: own.dtype), own,
        .zeros([after, width], dtype: own.dtype),
      ], axis: 0)
    let dtype = all.dtype
    try all.withUnsafeMutableBytes { try communicator.sum($0, of: dtype) }
    return all
  }

  /// Replaces the whole state by that of rank 0.
  /// - Throws: `CommunicatorError`.
  mutating func takeStateOfFirstRank() throws {
    if communicator.count == 1 { return }
    let header = try communicator.shared {
      StateHeader(
        step: step, optimizer: type(of: self.optimizer).name, optimizerStep: self.optimizer.step,
        slots: self.optimizer.state.tensors.mapValues { $0.keys.sorted() })
    }
    var (model, targetEncoder, optimizer) = (self.model, self.targetEncoder, self.optimizer)
    try communicator.broadcast(&model)
    try communicator.broadcast(&targetEncoder)
    let parameters = Dictionary(uniqueKeysWithValues: model.namedParameters())
    func moments(_ names: [String], _ own: [String: Tensor]) throws -> [String: Tensor] {
      var result: [String: Tensor] = [:]
      for name in names {
        guard let parameter = parameters[name] else {
          throw CommunicatorError("process 0 trains a parameter \(name) that this one lacks")
        }
        var moment = own[name] ?? .zeros(parameter.shape, dtype: parameter.dtype)
        try communicator.broadcast(&moment)
        result[name] = moment
      }
      return result
    }
    guard header.optimizer == type(of: optimizer).name else {
      throw CommunicatorError(
        "process 0 trains by \(header.optimizer), this one by \(type(of: optimizer).name)")
    }
    var state = OptimizerState(step: header.optimizerStep)
    for slot in header.slots.keys.sorted() {
      state.tensors[slot] = try moments(
        header.slots[slot] ?? [], optimizer.state.tensors[slot] ?? [:])
    }
    optimizer.state = state
    restore(model: model, targetEncoder: targetEncoder, optimizer: optimizer, step: header.step)
  }

  /// The CRC-32C of the model, its moving average and the optimiser's moments.
  var stateChecksum: UInt32 {
    var crc = CRC32C()
    func take(_ tensor: Tensor) { tensor.withUnsafeBytes { crc.update($0) } }
    for (_, tensor) in model.namedParameters() + targetEncoder.namedParameters() { take(tensor) }
    for slot in type(of: optimizer).slots {
      let moments = optimizer.state.tensors[slot] ?? [:]
      for name in moments.keys.sorted() { moments[name].map(take) }
    }
    return crc.value
  }

  /// Compares the ranks' states, which must have the same bits.
  ///
  /// - Returns: their checksum.
  /// - Throws: ``TrainingError/ranksDiffer(step:ranks:)``, on every rank.
  func requireSameState() throws -> UInt32 {
    let own = stateChecksum
    let all = try communicator.gather([Double(own)]).map { $0[0] }
    let others = all.indices.filter { all[$0] != all[0] }
    guard others.isEmpty else { throw TrainingError.ranksDiffer(step: step, ranks: others) }
    return own
  }
}
