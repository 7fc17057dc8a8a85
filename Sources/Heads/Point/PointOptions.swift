/// What a ``PointHead`` can be told.
public struct PointOptions: Sendable, Equatable {
  /// Where smooth L1 turns from squared to linear.
  public var beta = 1.0
  /// The deviation of the isotropic Gaussian that its density reading puts around the point.
  public var scale = Scale.fixed(1)

  /// How the deviation is had.
  public enum Scale: Sendable, Equatable {
    /// This value. With 1 and β = 1, smooth L1 is, near the point, the negative log-density.
    case fixed(Double)
    /// Learned beside the point, whose own training it does not touch.
    case learned
  }

  public init() {}
}
