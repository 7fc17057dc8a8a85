import CJEPAKernels

// Densities of Gaussian mixtures in one pass each way: composed from element-by-element operators, a
// step would write some ten tensors [N, K, D].

extension Tensor {
  /// The log-density of a mixture of Gaussians per row (Bishop 1994, eq. 22), in nats:
  /// log Σₖ wₖ N(y; μₖ, diag(σₖ²) + Σⱼ uₖⱼ uₖⱼᵀ), with
  /// log σ = log(exp(`logScales`) + exp(`logScaleFloor`)).
  ///
  /// Determinants and quadratic forms of factors come from the r × r matrix I + V Vᵀ, V = U/σ (matrix
  /// determinant lemma), the latter as |z − Vᵀt|² + |t|² with t = (I + V Vᵀ)⁻¹ V z, a sum of squares that
  /// keeps its digits where σ is small. Gradients flow to every argument.
  ///
  /// - Parameters:
  ///   - y: [N, D], in the accumulation type of `means`.
  ///   - logWeights: [N, K], normalised, in the accumulation type.
  ///   - means, logScales: [N, K, D]; bfloat16 is read as it is and computed in float32.
  ///   - factors: [N, K, r, D], one factor uₖⱼ per line; none for diagonal covariances.
  ///   - logScaleFloor: the logarithm of the soft floor of σ; −∞ for none.
  /// - Returns: [N], in the accumulation type.
  public static func gaussianMixtureLogDensity(
    of y: Tensor, logWeights: Tensor, means: Tensor, logScales: Tensor, factors: Tensor? = nil,
    logScaleFloor: Double = -.infinity
  ) -> Tensor {
    let (type, wide) = (means.dtype, means.dtype.accumulation)
    let name = "gaussianMixtureLogDensity"
    require(
      means.rank == 3 && means.shape[1] > 0 && logScales.shape == means.shape
        && logScales.dtype == type,
      "\(name): means \(means.shape) \(type), log-scales \(logScales.shape) \(logScales.dtype)")
    let (rows, components, width) = (means.shape[0], means.shape[1], means.shape[2])
    require(
      y.shape == [rows, width] && y.dtype == wide,
      "\(name): y \(y.shape) \(y.dtype) for means \(means.shape) \(type)")
    let rank = factors.map { $0.rank == 4 ? $0.shape[2] : -1 } ?? 0
    require(
      logWeights.shape == [rows, components] && logWeights.dtype == wide,
      "\(name): weights \(logWeights.shape) \(logWeights.dtype) for means \(means.shape) \(type)")
    require(
      factors.map { $0.shape == [rows, components, rank, width] && $0.dtype == type } ?? true,
      "\(name): factors \(factors?.shape ?? []) for means \(means.shape) \(type)")
    let joint = Tensor(uninitialized: [rows, components], dtype: wide)
    let density = Tensor(uninitialized: [rows], dtype: wide)
    let scratch = Storage(byteCount: jk_gaussian_mixture_scratch(type.kernel, rank, width))
    withExtendedLifetime(scratch) {
      jk_gaussian_mixture(
        type.kernel, y.pointer, logWeights.pointer, means.pointer, logScales.pointer, logScaleFloor,
        factors?.pointer, rank, joint.pointer, density.pointer, scratch.pointer, rows, components,
        width)
    }
    let (target, m, s, u) = (
      y.detached(), means.detached(), logScales.detached(), factors?.detached()
    )
    let needsY = y.needsGradient
    return .recorded(
      density, from: [y, logWeights, means, logScales] + (factors.map { [$0] } ?? [])
    ) {
      upstream in
      let dWeights = Tensor(uninitialized: [rows, components], dtype: wide)
      let (dMeans, dScales) = (
        Tensor(uninitialized: m.shape, dtype: type), Tensor(uninitialized: m.shape, dtype: type)
      )
      let dFactors = u.map { Tensor(uninitialized: $0.shape, dtype: type) }
      let dDensity = upstream.cast(to: wide)
      let scratch = Storage(byteCount: jk_gaussian_mixture_scratch(type.kernel, rank, width))
      withExtendedLifetime((scratch, dDensity)) {
        jk_gaussian_mixture_gradient(
          type.kernel, target.pointer, m.pointer, s.pointer, logScaleFloor, u?.pointer, rank,
          joint.pointer, density.pointer, dDensity.pointer, dWeights.pointer, dMeans.pointer,
          dScales.pointer, dFactors?.pointer, scratch.pointer, rows, components, width)
      }
      // y and the means enter by their difference alone.
      let dY = needsY ? -dMeans.cast(to: wide).sum(axis: 1) : nil
      return [dY, dWeights, dMeans, dScales] + (dFactors.map { [$0] } ?? [])
    }
  }

  /// Draws from one mixture of Gaussians per coordinate: result[i, d] = μₖ + σₖ · `normal`[i, d] of row
  /// r = `rows`[i], where k is the component that `uniform`[i, d] falls on. Outside any gradient's graph.
  ///
  /// - Parameters:
  ///   - rows: the row of the mixture for each of S draws.
  ///   - weights, means, scales: [N, K, D], float32 or float64.
  ///   - uniform, normal: [S, D], draws from [0, 1) and N(0, 1).
  /// - Returns: [S, D].
  public static func gaussianCoordinatesDraws(
    rows: [Int32], weights: Tensor, means: Tensor, scales: Tensor, uniform: Tensor, normal: Tensor
  ) -> Tensor {
    let type = means.dtype
    let operands = [weights, scales, uniform, normal]
    require(
      means.rank == 3 && means.shape[1] > 0 && type != .bfloat16
        && weights.shape == means.shape && scales.shape == means.shape
        && uniform.shape == [rows.count, means.shape[2]] && normal.shape == uniform.shape
        && operands.allSatisfy { $0.dtype == type },
      "gaussianCoordinatesDraws: means \(means.shape) \(type) with \(operands.map(\.shape)) "
        + "for \(rows.count) rows")
    require(
      rows.allSatisfy { $0 >= 0 && $0 < means.shape[0] },
      "gaussianCoordinatesDraws: a row is not below \(means.shape[0])")
    let result = Tensor(uninitialized: uniform.shape, dtype: type)
    jk_gaussian_coordinates_draw(
      type.kernel, weights.pointer, means.pointer, scales.pointer, rows, uniform.pointer,
      normal.pointer, result.pointer, rows.count, means.shape[1], means.shape[2])
    return result
  }
}
