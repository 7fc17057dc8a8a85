import JEPATensor

/// Log-densities of some rows, and how they were found.
public struct Likelihood: Sendable {
  public enum Kind: String, Sendable, Codable {
    /// The model's own density.
    case exact
    /// An estimate of it, which never stands among exact ones unnamed.
    case estimate
  }

  /// log p(y | c) per row, in nats: [N].
  public let logDensity: Tensor
  public let kind: Kind
  /// Random vectors a row that an estimate is made of; nil where none decide it.
  public let traceProbes: Int?

  public init(logDensity: Tensor, kind: Kind, traceProbes: Int? = nil) {
    self.logDensity = logDensity
    self.kind = kind
    self.traceProbes = traceProbes
  }
}

extension ConditionalDensity {
  public static var likelihoodKind: Likelihood.Kind? { nil }

  public func likelihood(of y: Tensor, using random: inout RandomSource) -> Likelihood? { nil }
}

extension ExactDensity {
  public static var likelihoodKind: Likelihood.Kind? { .exact }

  public func likelihood(of y: Tensor, using random: inout RandomSource) -> Likelihood? {
    Likelihood(logDensity: logDensity(of: y), kind: .exact)
  }
}

extension EstimatedDensity {
  public static var likelihoodKind: Likelihood.Kind? { .estimate }

  public func likelihood(of y: Tensor, using random: inout RandomSource) -> Likelihood? {
    Likelihood(
      logDensity: estimatedLogDensity(of: y, using: &random), kind: .estimate,
      traceProbes: traceProbes)
  }
}
