/// `target`: what is made of the target encoder's outputs before a head models them.
///
/// See `TargetTransform` for the steps and why densities need them.
public struct TargetConfiguration: ConfigurationSection {
  /// Smallest eigenvalue that whitening divides by, as a part of the largest.
  public var eigenvalueFloor = 1e-3
  /// Take the direction out in which layer-normed rows do not vary.
  public var helmert = false
  /// Deviation of the Gaussian noise added to targets, in training and evaluation.
  public var noise = 0.0
  /// Whiten the targets by running moments.
  public var whitening = false

  /// Layer norm alone, as in I-JEPA.
  public init() {}

  package static let fields: [ConfigurationField<Self>] = [
    .init(
      "eigenvalue_floor", \.eigenvalueFloor, .above(0),
      "smallest eigenvalue that whitening divides by, as a part of the largest"),
    .init(
      "helmert", \.helmert, nil,
      "take out the direction in which layer-normed rows do not vary; one coordinate fewer"),
    .init(
      "noise", \.noise, .atLeast(0),
      "deviation of the noise added to targets, in training and evaluation"),
    .init("whitening", \.whitening, nil, "whiten the targets by running moments"),
  ]

  /// The transform for outputs of `width` features.
  public func transform(width: Int) -> TargetTransform {
    var transform = TargetTransform()
    transform.helmert = helmert
    transform.noise = noise
    transform.whitening =
      whitening
      ? Whitening(
        dimensions: transform.dimensions(of: width), eigenvalueFloor: eigenvalueFloor) : nil
    return transform
  }

  /// What makes the likelihood of these targets unbounded, if anything does.
  public var warning: String? {
    if noise > 0 { return nil }
    return
      "target.noise is 0: layer-normed targets lie on a sphere, where a density can grow without "
      + "bound; set target.noise (0.1, say) and target.helmert for likelihoods that mean something"
  }
}
