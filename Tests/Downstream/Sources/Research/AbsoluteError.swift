import JEPAEval
import JEPATensor

/// A score that the package does not have.
public let absoluteError = DensityMetric(
  Metric(
    "absolute_error", title: "Absolute error of the draws' mean", better: .low,
    meaning: "Per coordinate.")
) { _, targets, draws, _ in
  (draws.mean(axis: 0) - targets).absolute().mean(axis: 1)
}
