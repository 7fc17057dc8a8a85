/// How predicted distributions are scored.
public struct UncertaintySettings: Sendable, Equatable {
  /// Draws per row, M ≥ 2.
  public var samples = 64
  /// Random directions that the variogram score looks along, at least 2.
  public var projections = 32
  /// p of the variogram score.
  public var variogramOrder = 0.5
  /// Draws whose log-density is computed, for highest-density regions and entropy, where the density
  /// is exact; at most ``samples``, nil for all. Each costs one evaluation of the density per row.
  public var densitySamples: Int?
  /// The same where the density is only estimated: a solver's run per draw, and ranks that the
  /// estimate's noise flattens. 0 leaves those figures out.
  public var estimatedDensitySamples = 0
  /// What counts as a mode found.
  public var modes = ModeRule()
  /// Of the projections, which are the same for every head.
  public var seed: UInt64 = 0

  public init() {}
}

/// When samples have found the modes of a known truth.
public struct ModeRule: Sendable, Equatable, Codable {
  /// Modes of less probability are not asked for.
  public var leastProbability = 0.05
  /// A mode of probability p is found if at least this part of p · M samples fall to it.
  public var leastShare = 0.5
  /// How near its mode a sample is precise.
  public var radius = Radius.halfLeastDistance

  public enum Radius: Sendable, Equatable, Codable {
    /// Nearer than half the least distance between two of the row's modes. Rows with one mode have no
    /// such distance, and no precision.
    case halfLeastDistance
    /// Within so many times σ √D, the length of the noise around a mode; σ is the truth's.
    case noise(multiple: Double)
  }

  public init() {}

  enum CodingKeys: String, CodingKey {
    case leastProbability = "least_probability"
    case leastShare = "least_share"
    case radius
  }

  /// `"half_least_distance"` or `"noise*3.0"`, so that a report stays readable.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(leastProbability, forKey: .leastProbability)
    try container.encode(leastShare, forKey: .leastShare)
    switch radius {
    case .halfLeastDistance: try container.encode("half_least_distance", forKey: .radius)
    case .noise(let multiple): try container.encode("noise*\(multiple)", forKey: .radius)
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    leastProbability = try container.decode(Double.self, forKey: .leastProbability)
    leastShare = try container.decode(Double.self, forKey: .leastShare)
    let text = try container.decode(String.self, forKey: .radius)
    if text == "half_least_distance" {
      radius = .halfLeastDistance
    } else if text.hasPrefix("noise*"), let multiple = Double(text.dropFirst(6)) {
      radius = .noise(multiple: multiple)
    } else {
      throw DecodingError.dataCorruptedError(
        forKey: .radius, in: container,
        debugDescription: "radius \(text) is neither half_least_distance nor noise*<number>")
    }
  }
}
