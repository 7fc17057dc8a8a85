import JEPATensor

/// A head that a configuration can name: it says everything about itself that commands, reports and documentation need.
///
/// ```swift
/// JEPATool.main(heads: .standard + [LaplaceHead.self])
/// ```
///
/// is a `jepa` in which `LaplaceHead` is trained from YAML, stands in `compare`, `ablate`, `density` and `report`, and has
/// its line in their documentation.
public protocol ConfigurableHead: TableHead where Options: HeadOptions {
  /// What a configuration calls the head: lowercase letters, digits and `_`.
  static var name: String { get }

  /// One sentence for somebody who has never heard of it.
  static var summary: String { get }

  /// What one row's loss is, so that `jepa compare` can give every head the same weight per coordinate.
  static var lossUnit: LossUnit { get }

  /// Whether the head is trained to predict a point, and a density is only read into it.
  static var isDeterministic: Bool { get }

  /// Options that change how a trained head is read, and nothing of its training: models that differ in them alone are
  /// trained once by `jepa compare` and `jepa ablate`.
  static var inferenceOptions: Set<String> { get }

  /// Options that follow from the targets where a configuration does not give them.
  ///
  /// - Parameters:
  ///   - given: the configuration's options.
  ///   - targetNoise: the deviation of the noise in targets, 0 without.
  ///   - isWhitened: whether targets are whitened.
  /// - Returns: further options.
  static func defaults(
    for given: [String: ConfigurationValue], targetNoise: Double, isWhitened: Bool
  ) -> [String: ConfigurationValue]

  init(
    contextDimensions: Int, targetDimensions: Int, options: Options, dtype: DType,
    using random: inout RandomSource)
}

/// What one row's loss is.
public enum LossUnit: Sendable, Equatable {
  /// −log p of the whole target, in nats.
  case natsPerTarget
  /// A mean over the target's coordinates.
  case meanOverCoordinates
}

extension ConfigurableHead {
  public static var lossUnit: LossUnit { .natsPerTarget }
  public static var isDeterministic: Bool { false }
  public static var inferenceOptions: Set<String> { [] }

  public static func defaults(
    for given: [String: ConfigurationValue], targetNoise: Double, isWhitened: Bool
  ) -> [String: ConfigurationValue] { [:] }
}

extension ConfigurableHead {
  public static var tableOptions: Options { Options() }
  public static var tableTraining: DensityFitSettings { DensityFitSettings() }
}
