import JEPA

/// How the targets of a table are prepared for a head.
public struct DensityPreparation: Sendable, Hashable, Codable {
  /// The standard deviation of the noise of training, in the units of what the head models.
  public var noise: Double
  /// Whether the head models targets that are whitened by the Gaussian with full covariance, fitted to the
  /// training rows (`GaussianDensity.whitened`), instead of columns that are only scaled. What the head then
  /// learns is how the table differs from that Gaussian: where columns are strongly correlated, which few
  /// hundred rows do not teach most heads, it starts where it would hardly arrive.
  public var whitening: Bool

  public init(noise: Double, whitening: Bool) {
    self.noise = noise
    self.whitening = whitening
  }
}

/// A head fitted to a fold of a table, and its density of the table's scaled rows.
///
/// ```swift
/// let data = try FoldData(table, fold: fold)
/// let density = try FoldDensity(
///   head, data: data, settings: MixtureHead.tableTraining,
///   preparation: DensityPreparation(noise: 0, whitening: true), random: RandomSource(seed: 1))
/// let found = density.logLikelihood(of: data.test, random: RandomSource(seed: 2))
/// ```
public struct FoldDensity<Head: DensityPredictor>: Sendable {
  public let fit: DensityFit<Head>
  /// Nil without whitening.
  private let gaussian: GaussianDensity?

  /// - Parameters:
  ///   - settings: whose noise is not used.
  ///   - onEpoch: is called as each epoch ends.
  /// - Throws: ``DensityFitError``; ``GaussianDensityError`` where targets have no Gaussian to be whitened by.
  public init(
    _ head: Head, data: FoldData, settings: DensityFitSettings, preparation: DensityPreparation,
    random: RandomSource, onEpoch: (DensityFit<Head>.Epoch) -> Void = { _ in }
  ) throws {
    let gaussian =
      preparation.whitening
      ? try GaussianDensity(targets: data.training.targets, contexts: data.training.contexts) : nil
    self.gaussian = gaussian
    let training = try Self.prepared(data.training, gaussian)
    let validation = try Self.prepared(data.validation, gaussian)
    var settings = settings
    settings.noise = preparation.noise
    fit = try DensityFit(
      head, targets: training.targets, contexts: training.contexts,
      validationTargets: validation.targets, validationContexts: validation.contexts,
      settings: settings, random: random, onEpoch: onEpoch)
  }

  /// log p(y | c) of the scaled rows, whether whitened for the head or not, in nats.
  ///
  /// - Parameter random: for estimates.
  /// - Returns: nil for a head that has a density of neither kind.
  /// - Throws: `LinearAlgebraError` for data that are not finite.
  public func logLikelihood(of part: FoldData.Part, random: RandomSource) throws -> LogLikelihood? {
    let rows = try Self.prepared(part, gaussian)
    let found = LogLikelihood(
      of: fit.head, targets: rows.targets, contexts: rows.contexts, random: random)
    let shift = gaussian?.logDeterminant ?? 0
    return found.map {
      LogLikelihood(
        values: $0.values.map { $0 - shift }, kind: $0.kind, monteCarloError: $0.monteCarloError)
    }
  }

  private static func prepared(
    _ part: FoldData.Part, _ gaussian: GaussianDensity?
  ) throws -> FoldData.Part {
    guard let gaussian else { return part.cast(to: .float32) }
    let white = try gaussian.whitened(part.targets, contexts: part.contexts)
    return FoldData.Part(targets: white, contexts: part.contexts).cast(to: .float32)
  }
}
