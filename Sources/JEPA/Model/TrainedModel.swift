import Foundation

/// A trained model of any head, to ask: encoder, predictor and density, read from a run's folder.
///
/// ```swift
/// let model = try TrainedModel(at: "runs/tiny", heads: .standard)
/// let masks = MaskSource(model.configuration.mask, grid: model.grid, seed: 0)
///   .masks(epoch: 0, step: 0, indices: [0])
/// let prediction = model.predict(images, masks: masks)
/// var random = RandomSource(seed: 1)
/// let draws = prediction.sample(16, using: &random)                          // [16, N, D]
/// let y = model.targets(images, masks: masks, noise: random.split("noise"))  // [N, D]
/// let nats = prediction.likelihood(of: y, using: &random)?.logDensity        // [N]
/// let features = model.features(images)                                      // [B, tokens, width]
/// ```
public struct TrainedModel: Sendable {
  public let configuration: TrainingConfiguration
  /// The steps that the weights have been trained for; 0 for fresh ones.
  public let step: Int
  /// The context encoder.
  public let encoder: VisionTransformer
  /// The moving average of the encoder, which makes targets and features.
  public let targetEncoder: VisionTransformer
  public let predictor: Predictor
  public let targetTransform: TargetTransform
  private let density: @Sendable (Tensor) -> any ConditionalDensity

  /// Reads a checkpoint of a run. Matrix products are of the precision that the run resolved.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - heads: the head that the run's configuration names has to be among them.
  ///   - step: of the checkpoint; the newest unless given.
  /// - Throws: `FileError` where the folder holds no run or no such checkpoint; `ConfigurationError` for a head that is
  ///   not in the list; `SafetensorsError` or `ParameterLoadingError` where the checkpoint does not fit.
  public init(at path: String, heads: HeadList, step: Int? = nil) throws {
    let folder = try RunFolder.open(at: path, readOnly: true)
    let configuration = try TrainingConfiguration(contentsOf: folder.configuration)
    let steps = folder.checkpointSteps()
    guard let step = step ?? steps.last, steps.contains(step) else {
      let known =
        steps.isEmpty
        ? "none yet" : "those of steps \(steps.map(String.init).joined(separator: ", "))"
      throw FileError(
        path: path, action: "read a checkpoint",
        reason: (step.map { "there is none of step \($0); " } ?? "") + "the run has \(known)")
    }
    try self.init(
      configuration, heads: heads, checkpoint: URL(filePath: folder.checkpoint(step: step)))
  }

  /// - Parameter checkpoint: where weights are read from; those that a training begins with unless given.
  /// - Throws: as ``init(at:heads:step:)``.
  public init(
    _ configuration: TrainingConfiguration, heads: HeadList, checkpoint: URL? = nil
  ) throws {
    if let checkpoint { try Checkpoint.verify(checkpoint) }
    self = try heads.run(
      Reading(configuration: configuration, checkpoint: checkpoint),
      head: heads.head(of: configuration))
  }

  private struct Reading: HeadOperation {
    let configuration: TrainingConfiguration
    let checkpoint: URL?

    func run<Head: DensityPredictor>(
      makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
    ) throws -> TrainedModel {
      let fresh = try configuration.model(head: makeHead)
      guard let checkpoint else {
        return TrainedModel(configuration, fresh, fresh.encoder, step: 0)
      }
      let trained = try Checkpoint.weights(for: fresh, from: checkpoint)
      return TrainedModel(
        configuration, trained.model, trained.targetEncoder, step: trained.step)
    }
  }

  private init<Head: DensityPredictor>(
    _ configuration: TrainingConfiguration, _ model: JEPAModel<Head>,
    _ targetEncoder: VisionTransformer, step: Int
  ) {
    let isNarrow = configuration.meta.resolvedPrecision == .bfloat16
    let model = isNarrow ? model.matrices(in: .bfloat16) : model
    self.configuration = configuration
    self.step = step
    self.targetEncoder = isNarrow ? targetEncoder.matrices(in: .bfloat16) : targetEncoder
    encoder = model.encoder
    predictor = model.predictor
    targetTransform = model.targetTransform
    let head = model.head
    density = { head($0) }
  }

  /// The grid of patches that masks are of.
  public var grid: PatchGrid { encoder.configuration.grid }

  /// The density at every hidden patch.
  ///
  /// - Parameters:
  ///   - images: [B, 3, H, W], float32, normalized.
  ///   - masks: which patches are shown, and which are asked for.
  /// - Returns: a distribution over [N, D], rows in the order of `masks.targetSequences`.
  public func predict(_ images: Tensor, masks: MaskBatch) -> any ConditionalDensity {
    let context = encoder(images, sequences: masks.contextSequences)
    return density(predictor(context, masks: masks))
  }

  /// What is predicted: [N, D], rows in the order of `masks.targetSequences`.
  ///
  /// - Parameter noise: where the target's noise is drawn from, if it has any; nil for targets without.
  public func targets(_ images: Tensor, masks: MaskBatch, noise: RandomSource?) -> Tensor {
    let wanted = TargetPatches(masks)
    let outputs = targetEncoder.outputs(images, at: wanted.patches).gatherRows(wanted.rows)
    guard targetTransform.noise > 0, noise == nil else {
      return targetTransform(
        outputs, noise: noise.map { RandomRows(count: outputs.shape[0], from: $0) })
    }
    let rows = targetTransform.clean(outputs)
    return targetTransform.whitening?.whitened(rows) ?? rows
  }

  /// The target encoder's output for every patch: [B, tokens, width].
  public func features(_ images: Tensor) -> Tensor {
    let tokens = targetEncoder(images).tokens
    return tokens.reshaped([images.shape[0], -1, tokens.shape[1]])
  }
}
