import JEPATensor

/// What a ``MixtureHead`` looks like and how it is regularised.
///
/// The defaults suit targets of about 200 dimensions and unit variance, given features of a ViT-Tiny.
/// For tables of a few thousand rows, smaller hidden layers and a larger ``minimumScale`` do better.
public struct MixtureOptions: Sendable, Equatable {
  /// What shares one set of mixture weights.
  public enum Kind: String, Sendable, CaseIterable {
    /// The whole vector: modes are joint, and within a component coordinates are independent given
    /// the factors.
    case vector
    /// Each coordinate has weights of its own: every coordinate may be multimodal, and coordinates
    /// are independent.
    case coordinate
  }

  /// K, at least 1.
  public var components = 8
  /// One mixture per vector or one per coordinate.
  public var kind = Kind.vector
  /// The rank r of U in Σ = diag(σ²) + U Uᵀ, 0 for diagonal covariances; 0 for a mixture per
  /// coordinate. Small: a row costs K·r·D more outputs and K·r²·D more operations.
  public var rank = 0
  /// Layers between context and parameters; 0 makes the parameters linear in the context. Without a
  /// context (C = 0) there are none, whatever this says.
  public var hiddenLayers = 1
  /// The width of each hidden layer.
  public var hiddenDimensions = 128
  /// The function applied to each hidden unit.
  public var activation = Activation.gelu
  /// The soft floor of σ, in the targets' units, above 0: σ = exp(raw) + floor. Where training rows
  /// repeat, the likelihood is only bounded by it.
  public var minimumScale = 1e-3
  /// Weight of log K − H(mean over the batch of the mixture weights), in nats: it falls as dead
  /// components come into use. Where it is above 0, the loss (never the density) of a row depends on
  /// the other rows. With a mixture per coordinate the term is summed over the coordinates.
  public var entropyWeight = 0.0
  /// How far apart components begin. Their means are K normal quantiles in a random order per
  /// coordinate, of this standard deviation for a mixture per coordinate, and of this divided by √D for
  /// one per vector, so that in any number of dimensions no component begins with all the
  /// responsibility. Above 0: equal components would stay equal.
  public var initialSpread = 1.0

  /// The defaults.
  public init() {}

  /// Why no head can have these options, or nil.
  public var problem: String? {
    if components < 1 { return "components is \(components), it must be at least 1" }
    if rank < 0 { return "rank is \(rank), it must be at least 0" }
    if rank > 0 && kind == .coordinate {
      return "rank is \(rank), but a mixture per coordinate has no covariances; set it to 0"
    }
    if hiddenLayers < 0 { return "hiddenLayers is \(hiddenLayers), it must be at least 0" }
    if hiddenLayers > 0 && hiddenDimensions < 1 {
      return "hiddenDimensions is \(hiddenDimensions), it must be at least 1"
    }
    if !(minimumScale > 0 && minimumScale.isFinite) {
      return "minimumScale is \(minimumScale), it must be above 0"
    }
    if !(entropyWeight >= 0 && entropyWeight.isFinite) {
      return "entropyWeight is \(entropyWeight), it must be at least 0"
    }
    if !(initialSpread > 0 && initialSpread.isFinite) {
      return "initialSpread is \(initialSpread), it must be above 0"
    }
    return nil
  }
}
