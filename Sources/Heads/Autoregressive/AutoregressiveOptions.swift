import JEPATensor

/// What an ``AutoregressiveHead`` is made of.
public struct AutoregressiveOptions: Sendable, Equatable {
  /// Hidden layers, at least 1.
  public var hiddenLayers = 2
  /// Units of a hidden layer, at least 1.
  public var hiddenDimensions = 384
  /// Components K of each coordinate's mixture, at least 1.
  public var components = 5
  /// The components' family.
  public var component = MixtureComponent.gaussian
  /// The hidden units' activation.
  public var activation = Activation.relu
  /// Whether hidden layers after the first add to their input.
  public var residual = true
  /// Whether the means of a coordinate's components share a linear function of the coordinates
  /// before it. With it, every Gaussian is in the model, whatever the hidden layers do.
  public var linearShift = true
  /// Orderings of the coordinates, at least 1. With several, the density is the mean of the densities
  /// under each.
  public var orderings = 1
  /// Whether the first ordering is the coordinates' own; all others are random permutations.
  public var naturalOrder = true
  /// The seed of the permutations.
  public var orderSeed: UInt64 = 0
  /// The bound b of what the network sees, b tanh(y / b), above 0, in units of the target. So a draw
  /// far out cannot drive the next scales, and with them the next draws, without limit. The linear
  /// shift sees y itself.
  public var inputBound = 10.0
  /// The smallest scale of a component, above 0, in units of the target.
  public var minimumScale = 1e-3

  /// The defaults: for embeddings of about 200 dimensions.
  public init() {}

  func check() {
    require(
      hiddenLayers >= 1 && hiddenDimensions >= 1 && components >= 1 && orderings >= 1
        && minimumScale > 0 && inputBound > 0,
      """
      AutoregressiveOptions: hiddenLayers \(hiddenLayers), hiddenDimensions \
      \(hiddenDimensions), components \(components), orderings \(orderings) must be at least 1, \
      minimumScale \(minimumScale) and inputBound \(inputBound) above 0
      """)
  }
}
