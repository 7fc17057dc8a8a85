import JEPATensor

/// Something that is measured of an encoder's features: kNN, the linear and the attentive probe and the
/// features' rank are four of them.
///
/// ```swift
/// struct CentroidProbe: Probe {
///   static let name = "centroid"
///   static let metrics = [
///     Metric("centroid", title: "Nearest centroid", unit: "%", better: .high, digits: 2, scale: 100)
///   ]
///   func measure(
///     _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
///   ) throws {
///     report[Self.metrics[0]] = accuracy(features.train, features.validation)
///   }
/// }
/// ```
public protocol Probe: Sendable {
  /// What `--probe` calls it.
  static var name: String { get }
  /// What it measures, for tables and reports.
  static var metrics: [Metric] { get }
  /// Whether it needs features of the training images.
  static var needsTraining: Bool { get }
  /// Whether it needs every patch's token and not their mean alone.
  static var needsTokens: Bool { get }

  /// - Parameter random: the same for every encoder.
  /// - Throws: ``EvaluationError`` for features that are not finite.
  func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws
}

extension Probe {
  public static var needsTraining: Bool { true }
  public static var needsTokens: Bool { false }
}

/// What probes are given.
public struct ProbeFeatures: Sendable {
  public let validation: LabeledFeatures
  /// Attention heads of the encoder's blocks; 1 where there are none.
  public let heads: Int
  private let training: LabeledFeatures?
  private let tokens: (train: LabeledTokens, validation: LabeledTokens)?

  public init(
    validation: LabeledFeatures, train: LabeledFeatures? = nil,
    tokens: (train: LabeledTokens, validation: LabeledTokens)? = nil, heads: Int = 1
  ) {
    (self.validation, training, self.tokens) = (validation, train, tokens)
    self.heads = heads
  }

  /// Of probes that say ``Probe/needsTraining``.
  public var train: LabeledFeatures {
    guard let training else {
      requirementFailed("ProbeFeatures: no training features; say needsTraining")
    }
    return training
  }

  /// Of probes that say ``Probe/needsTokens``, where the features have tokens (raw pixels have none).
  public var trainTokens: LabeledTokens? { tokens?.train }
  public var validationTokens: LabeledTokens? { tokens?.validation }
}
