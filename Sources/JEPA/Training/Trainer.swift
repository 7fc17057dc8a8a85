import JEPADensity
import JEPADistributed
import JEPATensor
import JEPAViT

/// One step's settings.
public struct StepSettings: Sendable {
  public var learningRate: Double
  public var weightDecay: Double
  /// Momentum of the target encoder's moving average.
  public var momentum: Double
  /// Largest norm of the whole gradient, or nil.
  public var gradientClip: Double?

  public init(
    learningRate: Double, weightDecay: Double, momentum: Double, gradientClip: Double? = nil
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.gradientClip = gradientClip
  }
}

/// What a step measured.
public struct StepReport: Sendable {
  /// Counted from 0.
  public let step: Int
  /// Mean over target rows of the head's loss.
  public let loss: Double
  /// Norm of the whole gradient before clipping.
  public let gradientNorm: Double
  /// The regulariser's part of what was minimised beside the loss, weighted.
  public let regularization: Double
  public let contextTokens: Int
  public let targetTokens: Int
}

/// The state of a training run and its step; the same step for every head.
///
/// The batch is cut into shards, one per thread; each runs forward and backward on its own images with
/// single-threaded kernels, and the gradients are summed once, in the shards' order. So the result
/// depends on the number of shards, not on how threads take them.
///
/// With several processes each has some of the shards, and all take the same step: sizes are exchanged
/// before the forward pass, gradients as the backward pass gives them, losses after it (`docs/cluster.md`).
public struct Trainer<Head: DensityPredictor>: Sendable {
  public private(set) var model: JEPAModel<Head>
  /// The moving average of the encoder, which makes the targets.
  public private(set) var targetEncoder: VisionTransformer
  public private(set) var optimizer: AdamW
  /// Steps taken.
  public private(set) var step = 0
  /// Parts that the whole batch, of all processes, is cut into.
  public let shards: Int
  /// The type of matrix products; the parameters' own where it is not bfloat16.
  public let computeType: DType
  /// Where heads, stochastic depth and the like draw from.
  public let random: RandomSource
  /// The processes that take the step together.
  public let communicator: any Communicator
  /// Keeps the context encoder's tokens from collapsing; inactive unless given weights.
  public var regularizer = VarianceCovariance(varianceWeight: 0, covarianceWeight: 0)

  /// Asked about a step's loss before anything is changed; what it throws, the step throws.
  var admission: @Sendable (_ loss: Double) throws -> Void = { _ in }

  /// What the head's loss is multiplied by in what is minimised; reports give it without.
  public var lossWeight = 1.0

  /// - Parameters:
  ///   - shards: the number of threads of all processes unless given; at least one a process. The same on
  ///     every process, as model and source are.
  ///   - communicator: a process alone unless given.
  public init(
    model: JEPAModel<Head>, computeType: DType = .float32, shards: Int? = nil,
    random: RandomSource, optimizer: AdamW = AdamW(),
    communicator: any Communicator = SingleProcess()
  ) {
    self.model = model
    targetEncoder = model.encoder
    self.optimizer = optimizer
    self.communicator = communicator
    self.shards = max(communicator.count, shards ?? Parallelism.threads * communicator.count)
    self.computeType = computeType
    self.random = random
  }

  /// Takes up a saved state.
  public mutating func restore(
    model: JEPAModel<Head>, targetEncoder: VisionTransformer, optimizer: AdamW, step: Int
  ) {
    self.model = model
    self.targetEncoder = targetEncoder
    self.optimizer = optimizer
    self.step = step
  }

  /// One training step.
  ///
  /// - Parameter images: [B, 3, H, W], float32, normalised; where there are several processes, this one's
  ///   part of the batch (`BatchPartition`), and `masks` are of that part.
  /// - Throws: ``TrainingError/notFinite(step:quantity:)``, on every process; the parameters are then as
  ///   before the step. `CommunicatorError`.
  public mutating func train(
    _ images: Tensor, masks: MaskBatch, settings: StepSettings
  ) throws -> StepReport {
    check(images, masks)
    let batch =
      communicator.count == 1
      ? GlobalBatch(images: images.shape[0], masks: masks, shards: shards)
      : try GlobalBatch(
        images: images.shape[0], masks: masks, shards: shards, over: communicator)
    try observeTargets(images, masks: masks, batch)
    let (parts, gradients) = try summedResults(images, masks: masks, batch)
    let (loss, regularization) = try total(of: parts, batch)
    guard loss.isFinite, regularization.isFinite else {
      throw TrainingError.notFinite(
        step: step + 1,
        quantity: loss.isFinite ? "the regulariser (\(regularization))" : "the loss (\(loss))")
    }
    let norm = gradients.globalNorm
    guard norm.isFinite else {
      let name = gradients.firstNotFinite ?? "a parameter"
      throw TrainingError.notFinite(step: step + 1, quantity: "the gradient of \(name)")
    }
    try admission(loss)
    let scale = settings.gradientClip.map { norm > $0 ? $0 / (norm + 1e-6) : 1 } ?? 1
    Profiler.stage("update") {
      optimizer.update(
        &model, gradients: gradients, learningRate: settings.learningRate,
        weightDecay: settings.weightDecay, gradientScale: scale)
      targetEncoder.moveTowards(model.encoder, momentum: settings.momentum)
    }
    defer { step += 1 }
    return StepReport(
      step: step, loss: loss, gradientNorm: norm, regularization: regularization,
      contextTokens: batch.contextTokens, targetTokens: batch.rowCount)
  }

  private func check(_ images: Tensor, _ masks: MaskBatch) {
    require(
      images.rank == 4 && images.shape[0] == masks.imageCount,
      "Trainer: images \(images.shape), masks for \(masks.imageCount) images")
    masks.requireGrid(model.encoder.grid(of: images), of: "Trainer")
  }

  /// What this process's shards give, and the gradients of the whole batch.
  private func summedResults(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch
  ) throws -> (parts: [ShardResult], gradients: Gradients) {
    let exchange =
      communicator.count > 1 ? GradientExchange(of: model, over: communicator) : nil
    let sum = GradientSum(
      of: model, parts: batch.partition.shards.count, handingTo: exchange.map(\.handOver))
    let parts = results(images, masks: masks, batch, into: sum)
    let gradients = try Profiler.stage("gradients' sum") {
      let own = sum.finish()
      return try exchange?.finish() ?? own
    }
    return (parts, gradients)
  }

  /// The mean loss over all target rows, the weighted regulariser, and the gradients of their sum: of these
  /// images alone, whatever other processes have.
  public func lossAndGradients(
    _ images: Tensor, masks: MaskBatch
  ) -> (loss: Double, regularization: Double, gradients: Gradients) {
    check(images, masks)
    let batch = GlobalBatch(images: images.shape[0], masks: masks, shards: shards)
    let sum = GradientSum(of: model, parts: batch.partition.shards.count)
    let parts = results(images, masks: masks, batch, into: sum)
    return (
      parts.reduce(0) { $0 + $1.loss }, parts.reduce(0) { $0 + $1.regularization }, sum.finish()
    )
  }

  /// What this process's shards give, in order: parts of the batch's mean loss, not means of their own. Their
  /// gradients go to `sum`.
  private func results(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch, into sum: GradientSum
  ) -> [ShardResult] {
    let rows = Double(max(1, batch.rowCount))
    let model = mixed(self.model)
    let (targetEncoder, targetTransform) = (mixed(self.targetEncoder), model.targetTransform)
    let random = random.split("step").split(step)
    let partition = batch.partition
    let (first, start) = (partition.shards.lowerBound, partition.images.lowerBound)
    let ranges = partition.shards.map { partition.images(ofShard: $0).shifted(by: -start) }
    let targetTokens = SharedPieces(
      counts: ranges.map(\.count), itemsPerPiece: targetEncoder.imagesAtOnce(of: images)
    ) { index, piece in
      let piece = piece.shifted(by: ranges[index].lowerBound)
      return Profiler.stage("targets") { targetEncoder(images.slice(axis: 0, piece)).tokens }
    }
    return parallelMap(partition.shards.count) { index -> ShardResult in
      let (shard, range) = (first + index, ranges[index])
      let shardImages = images.slice(axis: 0, range)
      let shardMasks = masks.images(range)
      var draws = random.split(shard)
      var (loss, regularization) = (0.0, 0.0)
      func receive(_ place: Int, _ gradient: Tensor) {
        sum.add(gradient, at: place, ofPart: index)
      }
      _ = value(of: model, gradients: receive) { model in
        let dropPath = draws.split("drop path")
        let context = Profiler.stage("context encoder") {
          model.encode(shardImages, masks: shardMasks, dropPath: dropPath)
        }
        let prediction = Profiler.stage("predictor") {
          model.predict(context, masks: shardMasks, dropPath: dropPath)
        }
        // Only now, with something else to do for a thread that is ahead of the others.
        let targets = targetTransform(
          model.targetRows(of: targetTokens.result(ofShard: index), masks: shardMasks),
          noise: random.split(shard).split("target noise"))
        var objective = Profiler.stage("loss") {
          prediction.lossPerRow(of: targets, using: &draws).sum() / rows
        }
        loss = objective.item()
        if lossWeight != 1 { objective = objective * lossWeight }
        guard regularizer.isActive else { return objective }
        let penalty =
          regularizer(
            context.tokens, places: shardMasks.contextSequences.patches,
            placeCount: model.predictor.grid.count)
          * (Double(range.count) / Double(partition.imageCount))
        regularization = penalty.item()
        return objective + penalty
      }
      return ShardResult(loss: loss, regularization: regularization)
    }
  }

  /// Steps from one look at the targets' moments to the next, where targets are whitened.
  private static var whiteningInterval: Int { 20 }

  private mutating func observeTargets(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch
  ) throws {
    guard model.targetTransform.whitening != nil, step % Self.whiteningInterval == 0 else { return }
    let (model, targetEncoder, partition) = (model, mixed(targetEncoder), batch.partition)
    let (first, start) = (partition.shards.lowerBound, partition.images.lowerBound)
    let parts = parallelMap(partition.shards.count) { index in
      let range = partition.images(ofShard: first + index).shifted(by: -start)
      return model.targetOutputs(
        images.slice(axis: 0, range), masks: masks.images(range), targetEncoder: targetEncoder)
    }
    try self.model.targetTransform.observe(gathered(Tensor.concatenated(parts, axis: 0), batch))
  }

  /// Matrices in the type of the products.
  private func mixed<M: Module>(_ module: M) -> M {
    computeType == .bfloat16 ? module.matrices(in: .bfloat16) : module
  }
}

extension Range<Int> {
  fileprivate func shifted(by distance: Int) -> Range<Int> {
    lowerBound + distance..<upperBound + distance
  }
}
