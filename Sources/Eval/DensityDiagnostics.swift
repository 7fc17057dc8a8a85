import JEPA
import JEPAData

/// How a model's densities do on held-out images, measured quickly enough for every epoch: one batch,
/// with masks and noise that are the same each time.
public struct DensityDiagnostics: Sendable {
  /// The names of what ``measure(_:targetEncoder:)`` gives.
  public static let columns = ["validation_loss", "nll", "predicted_std", "used_components"]

  private let images: Tensor
  private let masks: MaskBatch
  private let random: RandomSource
  private let computeType: DType

  /// - Parameters:
  ///   - dataset: held-out images, of which up to `count` are taken at equal distances.
  ///   - grid: the encoder's.
  /// - Throws: `TooManyBrokenImages`.
  public init(
    _ configuration: TrainingConfiguration, grid: PatchGrid, dataset: any ImageDataset,
    count: Int = 128, log: @escaping @Sendable (String) -> Void = StandardErrorLog.write
  ) throws {
    let count = min(count, dataset.count)
    let positions = (0..<count).map { $0 * dataset.count / count }
    let chosen = dataset.subset(positions)
    let size = configuration.data.cropSize
    let loader = ImageLoader(
      chosen, transform: EvaluationTransform(height: size, width: size), batchSize: count, seed: 0,
      shuffle: false, dropLast: false, workers: 1, log: log)
    let batch = try loader.batches(epoch: 0).next()
    images = batch?.images ?? .zeros([0, 3, size, size])
    random = RandomSource(seed: configuration.meta.seed).split("density diagnostics")
    // Regions to hide go with the images' own positions. No epoch of training is numbered −1.
    let hasRegions = dataset is any RegionDataset
    masks = MaskSource(
      configuration.mask, grid: grid, seed: configuration.meta.seed, dataset: dataset
    ).masks(epoch: -1, step: 0, indices: hasRegions ? positions : Array(0..<images.shape[0]))
    computeType = configuration.meta.resolvedPrecision.dtype
  }

  /// - Returns: by name
  ///   - `validation_loss`: the mean of the head's own loss;
  ///   - `nll`: where the density is exact, the mean negative log-likelihood in nats a target, in the
  ///     space before whitening;
  ///   - `predicted_std`: the predicted deviation of a coordinate, as root mean square over 16 draws;
  ///   - `used_components`: where there are components, the perplexity of their mean weights.
  public func measure<Head: DensityPredictor>(
    _ model: JEPAModel<Head>, targetEncoder: VisionTransformer
  ) -> [String: Double] {
    guard masks.targetRowCount > 0 else { return [:] }
    let model = computeType == .bfloat16 ? model.matrices(in: computeType) : model
    let target = computeType == .bfloat16 ? targetEncoder.matrices(in: computeType) : targetEncoder
    let y = model.targets(
      images, masks: masks, targetEncoder: target, noise: random.split("target noise"))
    let features = model.predictor(model.encode(images, masks: masks), masks: masks)
    let prediction = model.head(features)
    var draws = random.split("loss")
    var values = ["validation_loss": prediction.lossPerRow(of: y, using: &draws).mean().item()]
    if Head.Prediction.likelihoodKind == .exact,
      let exact = prediction.likelihood(of: y, using: &draws)
    {
      let logDensity = exact.logDensity.mean().item()
      values["nll"] = -logDensity - model.targetTransform.logDeterminant
    }
    if let mixture = prediction as? any ComponentDensity {
      values["used_components"] = mixture.usedComponents
    }
    let some = model.head(features.slice(axis: 0, 0..<min(256, features.shape[0])))
    var sampling = random.split("samples")
    let spread = some.sample(16, using: &sampling).variance(axis: 0).mean().item()
    values["predicted_std"] = (spread * 16 / 15).squareRoot()
    return values
  }
}
