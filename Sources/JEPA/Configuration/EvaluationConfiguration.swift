/// `evaluation`: diagnostics of the target encoder's features during training.
public struct EvaluationConfiguration: ConfigurationSection {
  /// Epochs between diagnostics; 0 never runs them.
  public var every = 1
  /// Neighbours that vote.
  public var knnK = 20
  /// Temperature of the votes' weights.
  public var knnTemperature = 0.07
  /// Last encoder layers whose tokens are averaged.
  public var layers = 1
  /// Training images whose features the neighbours come from; `nil` takes all.
  public var trainSamples: Int? = 10_000
  /// Validation images that are classified; `nil` takes all.
  public var validationSamples: Int? = 2_000

  /// The defaults.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init("every", \.every, .atLeast(0), "epochs between diagnostics; 0 never runs them"),
    .init("knn_k", \.knnK, .atLeast(1), "neighbours that vote"),
    .init("knn_temperature", \.knnTemperature, .above(0), "temperature of the votes' weights"),
    .init("layers", \.layers, .atLeast(1), "last encoder layers whose tokens are averaged"),
    .init(
      "train_samples", \.trainSamples, .present(.atLeast(1)),
      "training images that neighbours come from; null takes all"),
    .init(
      "validation_samples", \.validationSamples, .present(.atLeast(1)),
      "validation images that are classified; null takes all"),
  ]
}
