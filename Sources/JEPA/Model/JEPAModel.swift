import JEPADensity
import JEPATensor
import JEPAViT

/// What is trained: the context encoder, the predictor and the density head.
public struct JEPAModel<Head: DensityPredictor>: Module {
  public var encoder: VisionTransformer
  public var predictor: Predictor
  public var head: Head
  public var targetTransform: TargetTransform

  public init(
    encoder: VisionTransformer, predictor: Predictor, head: Head,
    targetTransform: TargetTransform = TargetTransform()
  ) {
    self.encoder = encoder
    self.predictor = predictor
    self.head = head
    self.targetTransform = targetTransform
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("encoder", &encoder)
    visitor.module("predictor", &predictor)
    visitor.module("head", &head)
    visitor.module("target_transform", &targetTransform)
  }

  /// The context encoder's tokens.
  ///
  /// - Parameters:
  ///   - images: [B, 3, H, W], float32, normalised.
  ///   - random: for stochastic depth in training, a row per sequence.
  /// - Returns: one sequence per entry of `masks.contextSequences`.
  public func encode(
    _ images: Tensor, masks: MaskBatch, dropPath random: RandomRows? = nil
  ) -> TokenSequences {
    encoder(images, sequences: masks.contextSequences, dropPath: random)
  }

  /// The densities at the target patches.
  ///
  /// - Parameters:
  ///   - context: what `encode` gave for the same masks.
  ///   - random: for stochastic depth in training, a row per sequence of `masks.targetSequences`.
  /// - Returns: rows in the order of `masks.targetSequences`.
  public func predict(
    _ context: TokenSequences, masks: MaskBatch, dropPath random: RandomRows? = nil
  ) -> Head.Prediction {
    head(predictor(context, masks: masks, dropPath: random))
  }

  /// What is to be predicted: [N, D], rows in the order of `masks.targetSequences`, no gradient.
  ///
  /// - Parameter noise: where the target transform draws from, if it adds noise.
  public func targets(
    _ images: Tensor, masks: MaskBatch, targetEncoder: VisionTransformer,
    noise: RandomSource? = nil
  ) -> Tensor {
    let outputs = targetOutputs(images, masks: masks, targetEncoder: targetEncoder)
    return targetTransform(
      outputs, noise: noise.map { RandomRows(count: outputs.shape[0], from: $0) })
  }

  /// The target encoder's outputs at the target patches, before any transform: [N, D].
  func targetOutputs(
    _ images: Tensor, masks: MaskBatch, targetEncoder: VisionTransformer
  ) -> Tensor {
    let wanted = TargetPatches(masks)
    return targetEncoder.outputs(images, at: wanted.patches).gatherRows(wanted.rows)
  }
}
