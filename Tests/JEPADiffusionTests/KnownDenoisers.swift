import Foundation
import JEPADiffusion
import JEPATensor

/// The best denoiser for a mixture of isotropic Gaussians, whose density is known: its estimate of the
/// clean target is E[y | x]. With one component it is the best for a Gaussian.
struct MixtureDenoiser: Denoiser {
  var prediction = DiffusionQuantity.v
  var rowCount: Int
  let weights: [Double]
  /// By component, then dimension.
  let means: [[Double]]
  let deviations: [Double]

  func selectingRows(_ indices: [Int]) -> MixtureDenoiser {
    var copy = self
    copy.rowCount = indices.count
    return copy
  }

  func callAsFunction(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    let (c, s, d) = (level.signal, level.noise, x.shape[2])
    var scores: [Tensor] = []
    var centres: [Tensor] = []
    for (weight, (mean, deviation)) in zip(weights, zip(means, deviations)) {
      let mean = Tensor(mean, shape: [1, 1, d], dtype: x.dtype)
      let variance = c * c * deviation * deviation + s * s
      let difference = x - mean * c
      scores.append(
        difference.square().sum(axis: 2) * (-0.5 / variance)
          + (log(weight) - 0.5 * Double(d) * log(variance)))
      centres.append(difference * (c * deviation * deviation / variance) + mean)
    }
    let responsibilities = Tensor.stacked(scores, axis: 2).softmax()  // [N, K, components]
    let parts = centres.enumerated().map { index, centre in
      responsibilities.slice(axis: 2, index..<index + 1) * centre
    }
    let clean = parts.dropFirst().reduce(parts[0], +)
    return level.convert(clean, from: .x, to: prediction, at: x)
  }

  /// log p of targets with added noise of standard deviation `blur`.
  func logDensity(_ y: [Double], blur: Double = 0) -> Double {
    let terms = weights.indices.map { k -> Double in
      let variance = deviations[k] * deviations[k] + blur * blur
      let distance = zip(y, means[k]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return log(weights[k]) - 0.5 * distance / variance
        - 0.5 * Double(y.count) * log(2 * Double.pi * variance)
    }
    let largest = terms.max() ?? 0
    return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
  }

  /// P(Y ≤ y) of the first coordinate.
  func cumulative(_ y: Double) -> Double {
    weights.indices.reduce(0) {
      $0 + weights[$1] * NormalDistribution.cdf((y - means[$1][0]) / deviations[$1])
    }
  }
}

/// The best denoiser for a Gaussian of two correlated dimensions, with a mean of its own per row.
struct CorrelatedDenoiser: Denoiser {
  let prediction = DiffusionQuantity.epsilon
  /// [N, 1, 2].
  var means: Tensor
  let variances = (1.5, 0.4)
  let covariance = 0.6

  var rowCount: Int { means.shape[0] }

  func selectingRows(_ indices: [Int]) -> CorrelatedDenoiser {
    var copy = self
    copy.means = means.gatherRows(indices)
    return copy
  }

  func callAsFunction(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    let (c, s) = (level.signal, level.noise)
    // ε = s (c² Σ + s² I)⁻¹ (x − c μ).
    let inverse = inverse(c * c, s * s).values
    let matrix = Tensor(inverse.map { $0 * s }, shape: [2, 2], dtype: x.dtype)
    return linear(x - means * c, weight: matrix, bias: nil)
  }

  private func inverse(_ scale: Double, _ added: Double) -> (values: [Double], logDet: Double) {
    let a = scale * variances.0 + added
    let b = scale * variances.1 + added
    let e = scale * covariance
    let determinant = a * b - e * e
    return ([b, -e, -e, a].map { $0 / determinant }, log(determinant))
  }

  /// log p of targets with added noise of standard deviation `blur`.
  func logDensity(_ y: (Double, Double), row: Int, blur: Double) -> Double {
    let mean = means.doubles()
    let (u, v) = (y.0 - mean[2 * row], y.1 - mean[2 * row + 1])
    let (p, logDet) = inverse(1, blur * blur)
    let distance = p[0] * u * u + 2 * p[1] * u * v + p[3] * v * v
    return -0.5 * (distance + logDet) - log(2 * Double.pi)
  }
}

extension NoiseSchedule {
  /// The noise of the first timestep in units of the targets.
  var blur: Double { self[1].noise / self[1].signal }
}
