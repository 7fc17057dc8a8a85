import JEPADensity
import JEPADistributed
import JEPATensor

// The loss of a batch and its gradients, computed shard by shard.

extension Trainer {
  /// The mean loss over all target rows, the weighted regularizer, and the gradients of their sum: of these
  /// images alone, whatever other processes have.
  public func lossAndGradients(
    _ images: Tensor, masks: MaskBatch
  ) -> (loss: Double, regularization: Double, gradients: Gradients) {
    check(images, masks)
    let batch = GlobalBatch(images: images.shape[0], masks: masks, shards: shards)
    do {
      return try lossAndGradients(images, masks: masks, batch, over: SingleProcess())
    } catch {
      // A process alone exchanges nothing that could fail.
      requirementFailed("Trainer.lossAndGradients: \(error)")
    }
  }

  /// As ``lossAndGradients(_:masks:)``, over the images of all processes.
  ///
  /// All shards go forward; statistics of the whole batch are taken, with their gradients; all shards go
  /// backward. No shard waits for another in between, so that none can wait for ever.
  ///
  /// - Throws: `CommunicatorError`.
  func lossAndGradients(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch, over communicator: any Communicator
  ) throws -> (loss: Double, regularization: Double, gradients: Gradients) {
    let shards = forward(images, masks: masks, batch)
    let (regularization, ofTokens) = try regularization(shards, over: communicator)
    // From here on nothing else is exchanged until the gradients are.
    let exchange =
      communicator.count > 1 ? GradientExchange(of: model, over: communicator) : nil
    let sum = GradientSum(of: model, parts: shards.count, handingTo: exchange.map(\.handOver))
    let losses = shards.map(\.loss)
    backward(shards, ofTokens, into: sum)
    let gradients = try Profiler.stage("sum of gradients") {
      let own = sum.finish()
      return try exchange?.finish() ?? own
    }
    let loss = try total(losses, batch, over: communicator)
    return (loss, regularization, gradients)
  }

  /// The forward passes of this process's shards, in order.
  private func forward(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch
  ) -> [ShardPass] {
    let rows = Double(max(1, batch.rowCount))
    let model = mixed(self.model)
    let (targetEncoder, targetTransform) = (mixed(self.targetEncoder), model.targetTransform)
    let source = random.split("step").split(step)
    let partition = batch.partition
    let ranges = partition.ownImagesByShard
    let targetTokens = SharedPieces(
      counts: ranges.map(\.count), itemsPerPiece: targetEncoder.imagesAtOnce(of: images)
    ) { index, piece in
      let first = ranges[index].lowerBound
      let range = first + piece.lowerBound..<first + piece.upperBound
      return Profiler.stage("targets") {
        targetEncoder.outputs(
          images.slice(axis: 0, range), at: TargetPatches(masks.images(range)).patches)
      }
    }
    return parallelMap(ranges.count) { index -> ShardPass in
      let shardImages = images.slice(axis: 0, ranges[index])
      let shardMasks = masks.images(ranges[index])
      let (visible, hidden) = (shardMasks.contextSequences, shardMasks.targetSequences)
      let draws = ImageDraws(
        partition.images(ofShard: partition.shards.lowerBound + index), from: source)
      let pass = ForwardPass(of: model) { model in
        let context = Profiler.stage("context encoder") {
          model.encode(
            shardImages, masks: shardMasks,
            dropPath: draws.split("encoder").perSequence(visible))
        }
        let prediction = Profiler.stage("predictor") {
          model.predict(
            context, masks: shardMasks, dropPath: draws.split("predictor").perSequence(hidden))
        }
        // Only now, with something else to do for a thread that is ahead of the others.
        let targets = targetTransform(
          targetTokens.result(ofShard: index).gatherRows(TargetPatches(shardMasks).rows),
          noise: draws.split("target noise").perToken(hidden))
        var loss = draws.split("loss").perToken(hidden)
        let objective = Profiler.stage("loss") {
          prediction.lossPerRow(of: targets, using: &loss).sum() / rows
        }
        return [objective, context.tokens]
      }
      return ShardPass(
        pass: pass,
        positions: .init(patches: visible.patches, patchCount: model.predictor.grid.count))
    }
  }

  /// The weighted regularizer of the whole batch, and its gradients with respect to each shard's context tokens.
  private func regularization(
    _ shards: [ShardPass], over communicator: any Communicator
  ) throws -> (value: Double, ofTokens: [Tensor]?) {
    guard regularizer.isActive else { return (0, nil) }
    let (value, gradients) = try Profiler.stage("regularizer") {
      try regularizer.valueAndGradients(
        of: shards.map { ($0.tokens, $0.positions) }, over: communicator)
    }
    return (value, gradients)
  }

  /// The backward passes; each frees what its shard's forward pass kept.
  private func backward(_ shards: [ShardPass], _ ofTokens: [Tensor]?, into sum: GradientSum) {
    _ = parallelMap(shards.count) { index in
      let pass = shards[index].pass
      let ofLoss = Tensor.full(pass.results[0].shape, lossWeight, dtype: pass.results[0].dtype)
      pass.backward([ofLoss, ofTokens?[index]]) { parameter, gradient in
        sum.add(gradient, at: parameter, ofPart: index)
      }
    }
  }
}

/// The forward pass of one shard.
private struct ShardPass: Sendable {
  /// The shard's part of the batch's mean loss, and the context encoder's tokens.
  let pass: ForwardPass
  let positions: VarianceCovariance.Positions

  var loss: Double { pass.results[0].item() }
  var tokens: Tensor { pass.results[1] }
}
