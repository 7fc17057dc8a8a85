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
  /// How near its mode a sample has to be to fall to it, in the plane that the modes span.
  public var radius = Radius.leastDistance(part: 1.0 / 3)

  public enum Radius: Sendable, Equatable, Codable {
    /// This part of the least distance from one of the row's modes to another, or to an alternative.
    /// Above ½, a sample between two modes would be at one. The mean of two modes of probabilities p
    /// and 1 − p lies at 1 − p of their distance from the first: with ⅓ it counts as neither up to
    /// p = ⅔.
    case leastDistance(part: Double)
    /// So many times σ √r, the length of the noise in a plane of r dimensions; σ is the truth's.
    case noise(multiple: Double)

    var text: String {
      switch self {
      case .leastDistance(let part): "least_distance*\(part)"
      case .noise(let multiple): "noise*\(multiple)"
      }
    }
  }

  public init() {}

  enum CodingKeys: String, CodingKey {
    case leastProbability = "least_probability"
    case leastShare = "least_share"
    case radius
  }

  /// The radius as `"least_distance*0.333"` or `"noise*3.0"`, so that a report stays readable.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(leastProbability, forKey: .leastProbability)
    try container.encode(leastShare, forKey: .leastShare)
    try container.encode(radius.text, forKey: .radius)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    leastProbability = try container.decode(Double.self, forKey: .leastProbability)
    leastShare = try container.decode(Double.self, forKey: .leastShare)
    let text = try container.decode(String.self, forKey: .radius)
    let parts = text.split(separator: "*")
    switch (parts.first, parts.count == 2 ? Double(parts[1]) : nil) {
    case ("least_distance", let part?): radius = .leastDistance(part: part)
    case ("noise", let multiple?): radius = .noise(multiple: multiple)
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .radius, in: container,
        debugDescription:
          "radius \(text) is neither least_distance*<number> nor noise*<number>")
    }
  }
}
