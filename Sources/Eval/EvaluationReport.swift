import Foundation

/// What was measured of one encoder's features; what was not asked for is nil.
public struct EvaluationReport: Sendable, Codable, Equatable {
  /// Which of a run's encoders: `target` or `context`.
  public var part: String?
  /// The last blocks that features are of.
  public var layers: Int?
  /// What was made of their tokens; nil in older files, where it was the mean.
  public var joining: FeatureExtractor.Joining?
  public var knn: KNNClassifier.Result?
  public var linear: LinearProbe.Result?
  /// Linear probes on some of the labels, in the order asked for.
  public var fewLabels: [FewLabels]?
  public var attentive: AttentiveProbe.Result?
  /// Of the validation features.
  public var rank: RepresentationRank?
  /// What probes from outside the package found, by ``Metric/key``.
  public var others: [String: Double]?

  /// A linear probe on part of the labels.
  public struct FewLabels: Sendable, Codable, Equatable {
    /// Of each class's training images.
    public let fraction: Double
    public let linear: LinearProbe.Result

    public init(fraction: Double, linear: LinearProbe.Result) {
      self.fraction = fraction
      self.linear = linear
    }
  }

  enum CodingKeys: String, CodingKey {
    case part, layers, joining, knn, linear, attentive, rank, others
    case fewLabels = "few_labels"
  }

  public init(
    knn: KNNClassifier.Result? = nil, linear: LinearProbe.Result? = nil,
    rank: RepresentationRank? = nil
  ) {
    self.knn = knn
    self.linear = linear
    self.rank = rank
  }

  /// A figure of a probe from outside the package.
  public subscript(metric: Metric) -> Double? {
    get { others?[metric.key] }
    set { others = (others ?? [:]).merging([metric.key: newValue].compactMapValues(\.self)) { $1 } }
  }

  /// The report as JSON, keys sorted.
  public func json() throws -> Data { try EvaluationFile.json(of: self) }
}

/// What `jepa eval --json` writes: reports by name, `encoder` for the one asked for first, and under
/// `run` which run they are of.
public struct EvaluationFile: Sendable, Equatable, Codable {
  public var run: RunDescription?
  public var reports: [String: EvaluationReport]

  /// The names of the reports that every file with such a measurement has.
  public static let encoder = "encoder"
  public static let randomEncoder = "random_encoder"
  public static let pixels = "16x16_pixels"

  public init(run: RunDescription? = nil, reports: [String: EvaluationReport]) {
    self.run = run
    self.reports = reports
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    static let run = Key(stringValue: "run")
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    run = try container.decodeIfPresent(RunDescription.self, forKey: .run)
    reports = [:]
    for key in container.allKeys where key.stringValue != Key.run.stringValue {
      reports[key.stringValue] = try container.decode(EvaluationReport.self, forKey: key)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(run, forKey: .run)
    for (name, report) in reports {
      try container.encode(report, forKey: Key(stringValue: name))
    }
  }

  /// As JSON, keys sorted.
  public func json() throws -> Data { try Self.json(of: self) }

  static func json(of value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }
}
