import Foundation

/// What a run took, as `cost.json` has it.
public struct CostFigures: Sendable, Equatable, Codable {
  /// The step of the checkpoint that this is about.
  public var step: Int
  /// Trained numbers of encoder, predictor and head.
  public var parameters: Int
  /// In training, loading included: the median of the steps in `metrics.csv`; nil where it has none.
  public var imagesPerSecond: Double?
  /// The most memory that the process held while it trained, which it takes from one session; nil where
  /// the run was trained elsewhere.
  public var peakMemoryBytes: Int?
  /// Of one draw, the head's reading of its context included.
  public var sampleSecondsPerToken: Double
  /// Of one log-density or its estimate; nil where the head has neither.
  public var likelihoodSecondsPerToken: Double?
  /// Whether that is an estimate.
  public var likelihoodIsEstimate: Bool
  /// Of all steps at their mean rate: without diagnostics and checkpoints.
  public var trainSeconds: Double?
  public var imagesSeen: Int
  public var threads: Int
  /// The processor and its number of cores.
  public var machine: String

  public init(
    step: Int, parameters: Int, imagesPerSecond: Double?, peakMemoryBytes: Int?,
    sampleSecondsPerToken: Double, likelihoodSecondsPerToken: Double?, likelihoodIsEstimate: Bool,
    trainSeconds: Double?, imagesSeen: Int, threads: Int, machine: String
  ) {
    self.step = step
    self.parameters = parameters
    self.imagesPerSecond = imagesPerSecond
    self.peakMemoryBytes = peakMemoryBytes
    self.sampleSecondsPerToken = sampleSecondsPerToken
    self.likelihoodSecondsPerToken = likelihoodSecondsPerToken
    self.likelihoodIsEstimate = likelihoodIsEstimate
    self.trainSeconds = trainSeconds
    self.imagesSeen = imagesSeen
    self.threads = threads
    self.machine = machine
  }

  enum CodingKeys: String, CodingKey {
    case step, parameters, threads, machine
    case imagesPerSecond = "images_per_second"
    case peakMemoryBytes = "peak_memory_bytes"
    case sampleSecondsPerToken = "sample_seconds_per_token"
    case likelihoodSecondsPerToken = "likelihood_seconds_per_token"
    case likelihoodIsEstimate = "likelihood_is_estimate"
    case trainSeconds = "train_seconds"
    case imagesSeen = "images_seen"
  }

  /// As JSON, keys sorted.
  public func json() throws -> Data { try EvaluationFile.json(of: self) }
}
