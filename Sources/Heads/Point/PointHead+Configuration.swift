import JEPADensity

extension PointHead: ConfigurableHead {
  public static var name: String { "point" }
  public static var summary: String {
    "I-JEPA's own head: one best guess. As a distribution it is one round Gaussian."
  }
  public static var lossUnit: LossUnit { .meanOverCoordinates }
  public static var isDeterministic: Bool { true }
  public static var inferenceOptions: Set<String> { ["scale"] }

  /// A point is read as the Gaussian of the targets' noise around it, N(μ, σₙ² I): a deterministic prediction knows of no
  /// other spread.
  public static func defaults(
    for given: [String: ConfigurationValue], targetNoise: Double, isWhitened: Bool
  ) -> [String: ConfigurationValue] {
    guard targetNoise > 0, !isWhitened, given["scale"] == nil, given["learn_scale"] == nil else {
      return [:]
    }
    return ["scale": .number(targetNoise)]
  }

  /// A deviation that is learned: a table has no other.
  public static var tableOptions: PointOptions {
    var options = PointOptions()
    options.scale = .learned
    return options
  }

  public static var tableTraining: DensityFitSettings { DensityFitSettings() }
}
