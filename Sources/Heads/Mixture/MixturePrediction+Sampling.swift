import JEPADensity
import JEPATensor

extension MixturePrediction {
  /// `count` draws per row: [S, N, D]. A component by its weight, then the component's Gaussian.
  ///
  /// Draws are made in blocks of a size that depends on D alone, each with a random stream of its own:
  /// the number of threads changes nothing.
  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    require(count >= 0, "MixturePrediction.sample: count \(count) is negative")
    let source = RandomSource(seed: random.next())
    let total = count * rows
    if total == 0 { return .zeros([count, rows, dimensions], dtype: dtype) }
    let block = max(16, 65_536 / dimensions)
    let sampler = Sampler(self)
    let parts = parallelMap((total + block - 1) / block) { part -> Tensor in
      var stream = source.split(part)
      return sampler.draws(part * block..<min(total, (part + 1) * block), using: &stream)
    }
    return Tensor.concatenated(parts, axis: 0).reshaped([count, rows, dimensions])
  }
}

/// The parameters as draws read them.
private struct Sampler: Sendable {
  let kind: MixtureOptions.Kind
  let rows, components, dimensions: Int
  let dtype: DType
  /// [N, K, D], weights only for a mixture per coordinate.
  let weights, means: Tensor
  /// As the network gave them for a mixture per vector, of which a draw needs one component's; σ for one
  /// per coordinate.
  let scales: Tensor
  let minimumScale: Double
  /// [N · K, r, D].
  let factors: Tensor?
  /// Running sums of the weights, N · K of them, for a mixture per vector.
  let cumulative: [Double]

  init(_ mixture: MixturePrediction) {
    (kind, dtype) = (mixture.kind, mixture.dtype)
    (rows, components, dimensions) = (mixture.rows, mixture.components, mixture.dimensions)
    weights = mixture.weights.detached()
    means = mixture.means.detached()
    scales = (kind == .vector ? mixture.rawLogScales : mixture.scales).detached()
    minimumScale = mixture.minimumScale
    factors = mixture.factors.map {
      $0.detached().reshaped([$0.shape[0] * $0.shape[1]] + $0.shape[2...])
    }
    cumulative = kind == .vector ? weights.cast(to: .float64).cumulativeSum().doubles() : []
  }

  /// Draw i belongs to row i mod N.
  func draws(_ range: Range<Int>, using random: inout RandomSource) -> Tensor {
    let chosenRows = range.map { Int32($0 % rows) }
    let shape = [range.count, dimensions]
    if kind == .coordinate {
      let uniform = Tensor.uniform(shape, dtype: dtype, using: &random)
      return .gaussianCoordinatesDraws(
        rows: chosenRows, weights: weights, means: means, scales: scales, uniform: uniform,
        normal: .gaussianNoise(shape, dtype: dtype, using: &random))
    }
    let chosen = chosenRows.map { component(of: Int($0), using: &random) }
    let flat = [rows * components, dimensions]
    let noise = Tensor.gaussianNoise(shape, dtype: dtype, using: &random)
    let scales = scales.reshaped(flat).gatherRows(chosen).cast(to: dtype).exp() + minimumScale
    let y = means.reshaped(flat).gatherRows(chosen) + scales * noise
    guard let factors else { return y }
    let loadings = Tensor.gaussianNoise(
      [range.count, factors.shape[1], 1], dtype: dtype, using: &random)
    return y + (factors.gatherRows(chosen) * loadings).sum(axis: 1)
  }

  /// Row · K + the component that a uniform draw falls on.
  private func component(of row: Int, using random: inout RandomSource) -> Int32 {
    let start = row * components
    let target = random.uniform() * cumulative[start + components - 1]
    var index = start
    while index < start + components - 1 && cumulative[index] <= target { index += 1 }
    return Int32(index)
  }
}
