import JEPADensity
import JEPATensor

/// A score of predicted distributions that the package does not have: it is measured of every row beside
/// the others, and stands in reports with its mean and interval.
///
/// ```swift
/// let absoluteError = DensityMetric(
///   Metric("absolute_error", title: "Absolute error of the draws' mean", better: .low)
/// ) { prediction, targets, draws, random in
///   (draws.mean(axis: 0) - targets).absolute().mean(axis: 1)
/// }
/// ```
public struct DensityMetric: Sendable {
  /// - Parameters:
  ///   - prediction: over [N, D].
  ///   - targets: [N, D].
  ///   - draws: [M, N, D], those that the other scores are of.
  ///   - random: of a row's further draws.
  /// - Returns: [N].
  public typealias Score =
    @Sendable (
      _ prediction: any ConditionalDensity, _ targets: Tensor, _ draws: Tensor,
      _ random: inout RandomSource
    ) throws -> Tensor

  public let metric: Metric
  let score: Score

  /// - Parameter metric: its key may not be that of a figure of the package.
  public init(_ metric: Metric, score: @escaping Score) {
    require(
      !UncertaintyMetric.standard.contains(UncertaintyMetric(rawValue: metric.key)),
      "DensityMetric: \(metric.key) is a figure of the package; choose another key")
    (self.metric, self.score) = (metric, score)
  }

  /// Of every row.
  func values(
    _ prediction: some ConditionalDensity, _ targets: Tensor, _ draws: Tensor,
    _ random: RandomSource
  ) throws -> [Double] {
    var random = random.split(metric.key)
    let values = try score(prediction, targets, draws, &random)
    require(
      values.shape == [targets.shape[0]],
      "DensityMetric \(metric.key): one value a row, not \(values.shape) for \(targets.shape[0])")
    guard values.isFinite else { throw EvaluationError.notFinite(metric.title) }
    return values.doubles()
  }
}
