import Foundation

/// What was measured of one encoder's features; what was not asked for is nil.
public struct EvaluationReport: Sendable, Codable, Equatable {
  public var knn: KNNClassifier.Result?
  public var linear: LinearProbe.Result?
  /// Of the validation features.
  public var rank: RepresentationRank?

  public init(
    knn: KNNClassifier.Result? = nil, linear: LinearProbe.Result? = nil,
    rank: RepresentationRank? = nil
  ) {
    self.knn = knn
    self.linear = linear
    self.rank = rank
  }

  /// The report as JSON, keys sorted.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
