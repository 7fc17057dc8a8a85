import Foundation
import JEPA
import JEPAData
import JEPAEval

/// What is measured of the target encoder during training: kNN accuracy and signs of collapse.
struct OnlineDiagnostics {
  static let columns = ["knn_top1", "rankme", "effective_rank", "feature_std"]

  private let settings: EvaluationConfiguration
  private let precision: TrainingPrecision
  private let train: any ImageDataset
  private let validation: any ImageDataset
  private let log: @Sendable (String) -> Void

  init(
    configuration: TrainingConfiguration, train: any ImageDataset, validation: any ImageDataset,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.log = log
    settings = configuration.evaluation
    precision = configuration.meta.resolvedPrecision
    self.train = Self.spread(train, settings.trainSamples)
    self.validation = Self.spread(validation, settings.validationSamples)
  }

  /// `count` images at equal distances through a data set, so that every class is met.
  private static func spread(_ dataset: any ImageDataset, _ count: Int?) -> any ImageDataset {
    guard let count, count < dataset.count else { return dataset }
    return dataset.subset((0..<count).map { $0 * dataset.count / count })
  }

  func measure(_ encoder: VisionTransformer) throws -> [String: Double] {
    var extractor = FeatureExtractor(encoder, layers: settings.layers, precision: precision)
    extractor.log = log
    let known = try extractor.features(of: train)
    let asked = try extractor.features(of: validation)
    let result = try KNNClassifier(k: settings.knnK, temperature: settings.knnTemperature)
      .evaluate(
        LabeledFeatures(features: asked.features, labels: asked.labels),
        train: LabeledFeatures(features: known.features, labels: known.labels))
    let rank = try RepresentationRank(of: asked.features)
    return [
      "knn_top1": result.top1, "rankme": rank.rankMe, "effective_rank": rank.effectiveRank,
      "feature_std": rank.meanStandardDeviation,
    ]
  }

  /// `kNN 10.60 %, RankMe 127.4, …`, and what is there of the densities.
  static func line(_ values: [String: Double]) -> String {
    let shown: [(key: String, format: String)] = [
      ("knn_top1", "kNN %.2f %%"), ("rankme", "RankMe %.1f"),
      ("effective_rank", "effective rank %.1f"), ("feature_std", "std %.3f"),
      ("validation_loss", "loss %.4f"), ("nll", "%.2f nats"),
      ("predicted_std", "predicted std %.3f"), ("used_components", "%.1f components in use"),
    ]
    return shown.compactMap { key, format in
      values[key].map { String(format: format, key == "knn_top1" ? 100 * $0 : $0) }
    }.joined(separator: ", ")
  }
}
