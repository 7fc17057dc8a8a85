import Foundation
import JEPATensor

/// The variational bound on log p of a diffusion model in discrete time (Ho et al. 2020, eq. 5), given
/// its denoiser:
///
///     log p(y) ≥ E log N(y; ŷ(x_1), β_1 I)
///                − Σ_{t=2}^T E KL(q(x_{t−1} | x_t, y) ‖ p(x_{t−1} | x_t))
///                − KL(q(x_T | y) ‖ N(0, I)) .
///
/// p(x_{t−1} | x_t) is q's posterior with ŷ(x_t) for y and with variance β_t, which of Ho's two choices is
/// the exact one for y ~ N(0, I) and wherever p is smooth on the scale of the noise; with the other,
/// β̃_t, the bound would be 0.25 nats lower per dimension. So a divergence is
/// ½ D (β̃/β − 1 − log β̃/β) + w_t ‖y − ŷ(x_t)‖² with w_t = ᾱ_{t−1} β_t / 2 (1 − ᾱ_t)², and the last
/// step, to continuous targets, is a Gaussian of variance β_1.
public struct EvidenceLowerBound: Sendable {
  public let schedule: NoiseSchedule
  /// Terms of the sum over t that are drawn; 0 for all.
  public var terms: Int

  public init(schedule: NoiseSchedule, terms: Int = 0) {
    require(terms >= 0, "EvidenceLowerBound: \(terms) terms")
    self.schedule = schedule
    self.terms = terms
  }

  /// An unbiased estimate of the bound per row, in nats: [N].
  ///
  /// Where not all terms are taken, timesteps are drawn by systematic sampling with probabilities in
  /// proportion to their terms for y ~ N(0, I), and weighted accordingly.
  ///
  /// - Parameter y: [N, D], in the network's scale.
  public func callAsFunction<D: Denoiser>(
    of y: Tensor, under denoiser: D, using random: inout RandomSource
  ) -> Tensor {
    require(
      y.rank == 2 && y.shape[0] == denoiser.rowCount,
      "EvidenceLowerBound: targets \(y.shape) for \(denoiser.rowCount) rows")
    let y = y.detached()
    return RowChunks.map(y.shape[0], size: 256, using: &random) { rows, source in
      bound(y.slice(axis: 0, rows), denoiser.selectingRows(Array(rows)), &source)
    } ?? .zeros([0], dtype: y.dtype)
  }

  private func bound<D: Denoiser>(
    _ y: Tensor, _ denoiser: D, _ random: inout RandomSource
  ) -> Tensor {
    let (rows, dimensions) = (y.shape[0], y.shape[1])
    let d = Double(dimensions)
    let target = y.reshaped([rows, 1, dimensions])
    let squares = y.square().sum(axis: 1)

    func error(_ t: Int, _ random: inout RandomSource) -> Tensor {
      let level = schedule[t]
      let noise = Tensor.gaussianNoise(target.shape, dtype: y.dtype, using: &random)
      let x = target * level.signal + noise * level.noise
      let difference = denoiser.estimate(of: .x, at: x, level) - target
      return difference.reshaped([rows, dimensions]).square().sum(axis: 1)
    }
    let beta = schedule.betas[0]
    var total = error(1, &random) * (-0.5 / beta) - 0.5 * d * log(2 * Double.pi * beta)
    for (t, weight) in drawnTerms(&random) {
      total = total - error(t, &random) * weight
    }
    let constant = (2...schedule.timesteps).reduce(0.0) {
      let ratio = schedule.posterior($1).variance / schedule.betas[$1 - 1]
      return $0 + 0.5 * (ratio - 1 - log(ratio))
    }
    // KL(N(c y, s²) ‖ N(0, 1)) = ½ (c² y² + s² − 1 − log s²) = ½ (c² (y² − 1) − log s²).
    let last = schedule[schedule.timesteps]
    let signal = last.signal * last.signal
    return total - (squares - d) * (0.5 * signal) + d * (log(last.noise) - constant)
  }

  /// Timesteps and their weights w_t, over the expected number of draws.
  private func drawnTerms(_ random: inout RandomSource) -> [(Int, Double)] {
    let last = schedule.timesteps
    let weights = (2...last).map { t -> Double in
      let clean = schedule.posterior(t).clean
      return 0.5 * clean * clean / schedule.betas[t - 1]
    }
    if terms == 0 || terms >= weights.count {
      return weights.enumerated().map { ($0 + 2, $1) }
    }
    // E‖y − ŷ(x_t)‖² = 1 / (1 + SNR) = 1 − ᾱ_t for y ~ N(0, 1).
    let expected = zip(weights, schedule.cumulativeAlphas.dropFirst(2)).map { $0 * (1 - $1) }
    let scale = Double(terms) / expected.reduce(0, +)
    var next = random.uniform()
    var sum = 0.0
    var drawn: [(Int, Double)] = []
    for (index, part) in expected.enumerated() {
      sum += part * scale
      while next < sum {
        drawn.append((index + 2, weights[index] / (part * scale)))
        next += 1
      }
    }
    return drawn
  }
}
