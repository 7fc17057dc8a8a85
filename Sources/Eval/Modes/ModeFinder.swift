import Foundation
import JEPADensity
import JEPATensor

/// Finds the modes of any conditional density from its samples, by mean shift (Fukunaga & Hostetler
/// 1975; Comaniciu & Meer 2002).
///
/// Per row, samples climb the estimate p̂(y) = Σᵢ N(y; xᵢ, h² I) / M until they stand still. Peaks
/// whose valley is no deeper than the estimate's own noise are merged: with n = (Σ w)² / Σ w² kernels
/// effectively behind a value, log p̂ has a standard error of about 1/√n, and two peaks stay apart
/// only if log p̂ falls by more than ``minimumDip``, and by more than ``significance`` standard
/// errors, between them. So a plateau (a uniform piece, a curved ridge) is one mode and not as many
/// as its samples have clumps. A mode's weight is the share of samples that climbed to it.
///
/// The kernel is isotropic: coordinates are taken to be of comparable scale.
public struct ModeFinder: Sendable {
  /// The kernel's width h.
  public enum Bandwidth: Sendable, Equatable {
    /// In the targets' units.
    case fixed(Double)
    /// Per row, so wide that half of the samples have at least this share of all samples effectively
    /// under their kernel (n / M in the notation above). Follows the density of the samples and not
    /// their overall spread, so that it does not bridge distant modes, and widens with the dimension
    /// as distances concentrate.
    case share(Double)
  }

  /// Draws per row, M.
  public var sampleCount = 1000
  public var bandwidth = Bandwidth.share(0.1)
  /// Modes of less weight count towards the nearest other.
  public var minimumWeight = 0.03
  /// The least depth, in nats, of the valley between two modes.
  public var minimumDip = 0.4
  /// The least depth of that valley in standard errors of the estimate.
  public var significance = 4.0

  public init() {}

  /// The modes of each row of a prediction, the heaviest first.
  ///
  /// Cost per row: about 20 · M² · D multiplications and as many exponentials as 20 · M².
  ///
  /// - Returns: Per row, modes with locations [D] and weights that sum to 1. Their `logDensity` is the
  ///   prediction's own where it is an ``ExactDensity``, its estimate where it is an
  ///   ``EstimatedDensity``, and otherwise that of the kernel estimate.
  public func modes(of prediction: some ConditionalDensity, using random: inout RandomSource)
    -> [[Mode]]
  {
    let found = modes(ofSamples: prediction.sample(sampleCount, using: &random))
    return withLogDensities(found, of: prediction, using: &random)
  }

  /// The modes of each row's samples [M, N, D], the heaviest first, with the kernel estimate's
  /// log-density.
  public func modes(ofSamples samples: Tensor) -> [[Mode]] {
    require(
      samples.rank == 3 && samples.shape[0] > 0,
      "ModeFinder.modes: samples \(samples.shape), not [M, N, D] with M > 0")
    let (count, rows, width) = (samples.shape[0], samples.shape[1], samples.shape[2])
    let type = samples.dtype
    let values = samples.detached()
    return parallelMap(rows) { row in
      let own = values.slice(axis: 1, row..<row + 1).reshaped([count, width]).cast(to: .float32)
      return MeanShift(samples: own, settings: self).modes(dtype: type)
    }
  }

  /// The same modes with the prediction's log-density in place of the kernel estimate's.
  private func withLogDensities(
    _ modes: [[Mode]], of prediction: some ConditionalDensity, using random: inout RandomSource
  ) -> [[Mode]] {
    var result = modes
    for rank in 0..<(modes.map(\.count).max() ?? 0) {
      // Rows with fewer modes repeat their last, so that every row has a target.
      let y = Tensor.stacked(modes.map { $0[min(rank, $0.count - 1)].location })
      guard let found = prediction.likelihood(of: y, using: &random) else { return modes }
      for (row, value) in found.logDensity.doubles().enumerated() where rank < modes[row].count {
        let mode = modes[row][rank]
        result[row][rank] = Mode(
          location: mode.location, weight: mode.weight, logDensity: value)
      }
    }
    return result
  }
}
