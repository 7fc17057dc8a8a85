import JEPA

/// A head fitted to rows of targets given rows of contexts: plain density estimation.
///
/// Minibatches are shuffled anew in each epoch; AdamW (Loshchilov & Hutter 2019) follows a cosine after
/// a linear warm-up. Validation is by exact log-density where the prediction has one, else by the
/// head's own loss with the same random draws every time, so that its values can be compared.
///
/// ```swift
/// let fit = try DensityFit(
///   head, targets: y, contexts: x, settings: .init(epochs: 100), random: RandomSource(seed: 1))
/// let logDensity = fit.head(x).logDensity(of: y)
/// ```
///
/// The result depends on the seed, not on the number of threads.
public struct DensityFit<Head: DensityPredictor>: Sendable {
  /// What an epoch came to, per row.
  public struct Epoch: Sendable, Codable, Equatable {
    /// From 1.
    public let epoch: Int
    /// The mean of the head's loss over the epoch's rows, each as it was when its batch came.
    public let trainingLoss: Double
    /// After the epoch: minus the mean log-density (nats) where it is exact, else the mean loss.
    public let validationLoss: Double?
  }

  /// The head of the best epoch on the validation rows, the one that was given included; without such rows, the
  /// last epoch's.
  public let head: Head
  /// One entry for each epoch that was run.
  public let history: [Epoch]
  /// The epoch that `head` is from; 0 for the head as it was given, where no epoch made it better.
  public let bestEpoch: Int

  /// Trains `head`.
  ///
  /// - Parameters:
  ///   - targets: [N, D], of the head's element type.
  ///   - contexts: [N, C]; C may be 0.
  ///   - validationTargets: [M, D]; none or zero rows for no validation.
  ///   - validationContexts: [M, C]; may be left out where C is 0.
  ///   - onEpoch: told of each epoch as it ends.
  /// - Throws: ``DensityFitError`` for no rows, data that are not finite, or a loss or gradient that
  ///   becomes so.
  public init(
    _ head: Head, targets: Tensor, contexts: Tensor, validationTargets: Tensor? = nil,
    validationContexts: Tensor? = nil, settings: DensityFitSettings = .init(),
    random: RandomSource, onEpoch: (Epoch) -> Void = { _ in }
  ) throws {
    settings.check()
    let rows = targets.shape[0]
    require(
      targets.rank == 2 && contexts.rank == 2 && contexts.shape[0] == rows,
      "DensityFit: targets \(targets.shape) with contexts \(contexts.shape)")
    guard rows > 0 else { throw DensityFitError.empty }
    let validation = try validationTargets.flatMap { y -> DensityValidation? in
      let x = validationContexts ?? .zeros([y.shape[0], 0], dtype: contexts.dtype)
      return try DensityValidation(
        targets: y, contexts: x, random: random.split("validation"))
    }
    for (what, tensor) in [("targets", targets), ("contexts", contexts)] where !tensor.isFinite {
      throw DensityFitError.data("training " + what)
    }
    var training = DensityTraining(
      head: head, targets: targets, contexts: contexts, settings: settings)
    var history: [Epoch] = []
    // Few rows teach a large head by heart in its first epoch; what it was may be better.
    var best = try validation.map {
      (head: head, value: try $0.value(of: head, epoch: 0), epoch: 0)
    }
    for epoch in 1...settings.epochs {
      let loss = try training.run(epoch: epoch, random: random.split("epoch").split(epoch))
      let value = try validation.map { try $0.value(of: training.result, epoch: epoch) }
      let entry = Epoch(epoch: epoch, trainingLoss: loss, validationLoss: value)
      history.append(entry)
      onEpoch(entry)
      guard let value else { continue }
      if best.map({ value < $0.value }) ?? true { best = (training.result, value, epoch) }
      if settings.patience > 0, let best, epoch - best.epoch >= settings.patience { break }
    }
    self.head = best?.head ?? training.result
    self.history = history
    bestEpoch = best?.epoch ?? history.count
  }
}

/// The moving parts of one fit.
private struct DensityTraining<Head: DensityPredictor> {
  private var head: Head
  private var average: Head?
  private var optimizer = AdamW()
  private var step = 0
  private let targets: Tensor
  private let contexts: Tensor
  private let settings: DensityFitSettings
  private let schedule: WarmupCosineSchedule
  private let stepsPerEpoch: Int

  /// Rows a thread takes at a time. Fixed by the head, so that sums have the same order on any machine.
  private let rowsPerShard: Int

  /// A shard of fewer operations, about six for each row and parameter, is not worth a thread.
  private static var leastOperations: Int { 20_000_000 }

  init(head: Head, targets: Tensor, contexts: Tensor, settings: DensityFitSettings) {
    self.head = head
    self.targets = targets.detached()
    self.contexts = contexts.detached()
    self.settings = settings
    average = settings.averaging > 0 ? head : nil
    rowsPerShard = min(1024, max(64, Self.leastOperations / (6 * max(1, head.parameterCount))))
    stepsPerEpoch = (targets.shape[0] + settings.batchSize - 1) / settings.batchSize
    schedule = WarmupCosineSchedule(
      start: 0, peak: settings.learningRate, final: settings.finalLearningRate,
      warmupSteps: Int(bounded: settings.warmUpEpochs * Double(stepsPerEpoch)),
      totalSteps: settings.epochs * stepsPerEpoch)
  }

  /// The weights that are validated and returned.
  var result: Head { average ?? head }

  /// One pass over the rows; returns the mean loss.
  mutating func run(epoch: Int, random: RandomSource) throws -> Double {
    let rows = targets.shape[0]
    var shuffle = random.split("shuffle")
    let order = shuffle.permutation(rows)
    var total = 0.0
    for batch in 0..<stepsPerEpoch {
      let range = batch * rows / stepsPerEpoch..<(batch + 1) * rows / stepsPerEpoch
      let mean = try update(
        rows: order[range], epoch: epoch, random: random.split("batch").split(batch))
      total += mean * Double(range.count)
    }
    return total / Double(rows)
  }

  /// One step of the optimiser; returns the batch's mean loss.
  private mutating func update(
    rows: ArraySlice<Int>, epoch: Int, random: RandomSource
  ) throws -> Double {
    let count = max(1, rows.count / rowsPerShard)
    let (model, y, x, noise) = (head, targets, contexts, settings.noise)
    let sum = GradientSum(of: model, parts: count)
    let losses = parallelMap(count) { shard -> Double in
      let first = rows.startIndex + shard * rows.count / count
      let last = rows.startIndex + (shard + 1) * rows.count / count
      let indices = Array(rows[first..<last])
      var source = random.split(shard)
      var target = y.gatherRows(indices)
      if noise > 0 {
        target = target + Tensor.normal(target.shape, dtype: target.dtype, using: &source) * noise
      }
      let context = x.gatherRows(indices)
      return value(of: model, gradients: { sum.add($1, at: $0, ofPart: shard) }) { model in
        model(context).lossPerRow(of: target, using: &source).sum() / Double(rows.count)
      }.item()
    }
    let loss = losses.reduce(0, +)
    guard loss.isFinite else {
      throw DensityFitError.notFinite(quantity: "training loss", epoch: epoch)
    }
    let gradients = sum.finish()
    let norm = gradients.globalNorm
    guard norm.isFinite else {
      let name = gradients.firstNotFinite ?? "all parameters"
      throw DensityFitError.notFinite(quantity: "gradient of \(name)", epoch: epoch)
    }
    let clip = settings.gradientClip
    optimizer.update(
      &head, gradients: gradients, learningRate: schedule.value(at: step),
      weightDecay: settings.weightDecay,
      gradientScale: clip > 0 && norm > clip ? clip / norm : 1)
    step += 1
    // An average of few steps would still be mostly the initial weights.
    let momentum = min(settings.averaging, Double(step) / Double(step + 9))
    average?.moveTowards(head, momentum: momentum)
    return loss
  }
}
