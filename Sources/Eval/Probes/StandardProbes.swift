import JEPATensor

extension KNNClassifier: Probe {
  public static let name = "knn"
  public static let metrics: [Metric] = [.known("knn")]

  public func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws {
    report.knn = try evaluate(features.validation, train: features.train)
  }
}

extension LinearProbe: Probe {
  public static let name = "linear"
  public static let metrics: [Metric] = [.known("linear")]

  public func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws {
    report.linear = try evaluate(
      train: features.train, validation: features.validation,
      using: random.split("linear probe"))
  }
}

extension AttentiveProbe: Probe {
  public static let name = "attentive"
  public static let metrics: [Metric] = [.known("attentive")]
  public static var needsTokens: Bool { true }

  /// With as many attention heads as the encoder has.
  public func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws {
    guard let train = features.trainTokens, let validation = features.validationTokens else {
      return
    }
    var probe = self
    probe.heads = features.heads
    report.attentive = try probe.evaluate(
      train: train, validation: validation, using: random.split("attentive probe"))
  }
}

/// How many directions the validation features use: see ``RepresentationRank``.
public struct RankProbe: Probe {
  public static let name = "rank"
  public static let metrics: [Metric] = [.known("rankme"), .known("feature_std")]
  public static var needsTraining: Bool { false }

  public init() {}

  public func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws {
    report.rank = try RepresentationRank(of: features.validation.features)
  }
}
