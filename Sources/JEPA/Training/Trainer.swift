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
/// single-threaded kernels, and the gradients are summed once, in the shards' order. What is random follows the
/// image, and statistics of the batch are of all its shards, so that the number of shards changes nothing but
/// the order of additions; how threads take them changes not a bit.
///
/// With several processes each has some of the shards, and all take the same step: sizes are exchanged
/// before the forward pass, statistics between forward and backward pass, gradients as the backward pass gives
/// them, losses after it (`docs/cluster.md`).
public struct Trainer<Head: DensityPredictor>: Sendable {
  public private(set) var model: JEPAModel<Head>
  /// The moving average of the encoder, which makes the targets.
  public private(set) var targetEncoder: VisionTransformer
  public private(set) var optimizer: any Optimizer
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
    random: RandomSource, optimizer: any Optimizer = AdamW(),
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
    model: JEPAModel<Head>, targetEncoder: VisionTransformer, optimizer: any Optimizer, step: Int
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
    let transform = model.targetTransform
    var isTaken = false
    defer { if !isTaken { model.targetTransform = transform } }
    try observeTargets(images, masks: masks, batch)
    let (loss, regularization, gradients) = try lossAndGradients(
      images, masks: masks, batch, over: communicator)
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
    isTaken = true
    defer { step += 1 }
    return StepReport(
      step: step, loss: loss, gradientNorm: norm, regularization: regularization,
      contextTokens: batch.contextTokens, targetTokens: batch.rowCount)
  }

  func check(_ images: Tensor, _ masks: MaskBatch) {
    require(
      images.rank == 4 && images.shape[0] == masks.imageCount,
      "Trainer: images \(images.shape), masks for \(masks.imageCount) images")
    masks.requireGrid(model.encoder.grid(of: images), of: "Trainer")
  }

  /// Steps from one look at the targets' moments to the next, where targets are whitened.
  private static var whiteningInterval: Int { 20 }

  private mutating func observeTargets(
    _ images: Tensor, masks: MaskBatch, _ batch: GlobalBatch
  ) throws {
    guard model.targetTransform.whitening != nil, step % Self.whiteningInterval == 0 else { return }
    let (model, targetEncoder, partition) = (model, mixed(targetEncoder), batch.partition)
    let ranges = partition.ownImagesByShard
    let parts = parallelMap(ranges.count) { index in
      let range = ranges[index]
      return model.targetOutputs(
        images.slice(axis: 0, range), masks: masks.images(range), targetEncoder: targetEncoder)
    }
    try self.model.targetTransform.observe(gathered(Tensor.concatenated(parts, axis: 0), batch))
  }

  /// Matrices in the type of the products.
  func mixed<M: Module>(_ module: M) -> M {
    computeType == .bfloat16 ? module.matrices(in: .bfloat16) : module
  }
}
