import CJEPAKernels

// Layers of coupling flows, fused. A row holds D coordinates and, last, the running log |det| of the
// maps it went through: [..., D + 1]. `columns` names different coordinates; the others pass as they
// are. Parameters are [..., P] with a row for each of x's, or fewer that are repeated over x's leading
// axes; they may be bfloat16 beside a float32 x.

extension Tensor {
  /// What a coupling's network reads of the coordinates `columns`: v / √(1 + (v / bound)²), nearly v
  /// for |v| ≪ bound, never beyond ±bound. So targets far from all others cannot drive the network's
  /// output without limit.
  ///
  /// - Returns: [..., columns.count].
  public func couplingInput(columns: [Int32], bound: Double) -> Tensor {
    checkCoupling(columns, bound, "couplingInput")
    let stride = shape[rank - 1]
    let rows = count / stride
    let result = Tensor(uninitialized: shape.dropLast() + [columns.count], dtype: dtype)
    jk_coupling_input(
      dtype.kernel, pointer, columns, columns.count, bound, result.pointer, rows, stride)
    let x = detached()
    return .recorded(result, from: self) { upstream in
      let dy = upstream.cast(to: x.dtype)
      let gradient = Tensor(uninitialized: x.shape, dtype: x.dtype)
      jk_coupling_input_gradient(
        x.dtype.kernel, x.pointer, dy.pointer, columns, columns.count, bound, gradient.pointer,
        rows, stride)
      return gradient
    }
  }

  /// An affine coupling (Dinh et al. 2017, equations 7 and 8) on the coordinates `columns`:
  /// v ← v eˢ + t and log |det| ← log |det| + Σ s, with the log-scale s = a / (1 + |a| / bound).
  ///
  /// - Parameters:
  ///   - parameters: [..., 2 · columns.count]: every a, then every t.
  ///   - bound: the largest |s|.
  ///   - inverse: v ← (v − t) e⁻ˢ and log |det| − Σ s instead; no gradient passes through it.
  public func affineCoupling(
    parameters: Tensor, columns: [Int32], bound: Double, inverse: Bool = false
  ) -> Tensor {
    checkCoupling(columns, bound, "affineCoupling")
    let raw = couplingParameters(parameters, 2 * columns.count, inverse, "affineCoupling")
    let stride = shape[rank - 1]
    let rows = count / stride
    let result = Tensor(uninitialized: shape, dtype: dtype)
    if rows > 0 {
      jk_affine_coupling(
        raw.dtype.kernel, pointer, raw.pointer, raw.shape.dropLast().reduce(1, *), columns,
        columns.count, bound, inverse ? 1 : 0, result.pointer, rows, stride)
    }
    let (x, a) = (detached(), raw.detached())
    return .recorded(result, from: [self, raw]) { upstream in
      let dy = upstream.cast(to: x.dtype)
      let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
      let da = Tensor(uninitialized: a.shape, dtype: a.dtype)
      jk_affine_coupling_gradient(
        a.dtype.kernel, x.pointer, a.pointer, dy.pointer, columns, columns.count, bound,
        dx.pointer, da.pointer, rows, stride)
      return [dx, da]
    }
  }

  /// The largest number of bins of ``splineCoupling(parameters:columns:bins:tailBound:slope:inverse:)``.
  public static var largestSplineBins: Int { Int(JK_SPLINE_BINS) }

  /// A coupling by monotonic rational-quadratic splines (Durkan et al. 2019, equations 4 to 8) on the
  /// coordinates `columns`: [−tailBound, tailBound] is cut into bins, in each of which the map is the
  /// quotient of two quadratics with given derivatives at the knots (1 at the two ends); outside it is
  /// the identity. log |det| grows by Σ log of the derivative.
  ///
  /// Parameters are softly bounded, u ← u / (1 + |u| / b), where Durkan et al. add least widths,
  /// heights and derivatives: bins are softmax of logits with b = −½ log `slope`, derivatives the
  /// exponential of theirs with b = −log `slope`. Parameters of 0 give the identity, and this is the
  /// convention of zuko's `MonotonicRQSTransform`.
  ///
  /// - Parameters:
  ///   - parameters: [..., (3 · bins − 1) · columns.count]: per bin and coordinate the logits of the
  ///     widths, then those of the heights, then per inner knot and coordinate the log-derivatives;
  ///     the coordinate runs fastest.
  ///   - bins: 1 to ``largestSplineBins``.
  ///   - slope: the least derivative at a knot, and least quotient of two bins' sizes; in (0, 1).
  ///   - inverse: the inverse map, minus its log |det|; no gradient passes through it.
  public func splineCoupling(
    parameters: Tensor, columns: [Int32], bins: Int, tailBound: Double, slope: Double = 1e-3,
    inverse: Bool = false
  ) -> Tensor {
    checkCoupling(columns, tailBound, "splineCoupling")
    require(
      bins >= 1 && bins <= Self.largestSplineBins && slope > 0 && slope < 1,
      "splineCoupling: \(bins) bins, slope \(slope)")
    let width = (3 * bins - 1) * columns.count
    let raw = couplingParameters(parameters, width, inverse, "splineCoupling")
    let stride = shape[rank - 1]
    let rows = count / stride
    let result = Tensor(uninitialized: shape, dtype: dtype)
    if rows > 0 {
      jk_spline_coupling(
        raw.dtype.kernel, pointer, raw.pointer, raw.shape.dropLast().reduce(1, *), columns,
        columns.count, bins, tailBound, slope, inverse ? 1 : 0, result.pointer, rows, stride)
    }
    let (x, a) = (detached(), raw.detached())
    return .recorded(result, from: [self, raw]) { upstream in
      let dy = upstream.cast(to: x.dtype)
      let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
      let da = Tensor(uninitialized: a.shape, dtype: a.dtype)
      jk_spline_coupling_gradient(
        a.dtype.kernel, x.pointer, a.pointer, dy.pointer, columns, columns.count, bins, tailBound,
        slope, dx.pointer, da.pointer, rows, stride)
      return [dx, da]
    }
  }

  private func checkCoupling(_ columns: [Int32], _ bound: Double, _ operation: String) {
    require(
      rank >= 1 && shape[rank - 1] >= 1 && dtype != .bfloat16 && bound > 0,
      "\(operation): rows \(shape) \(dtype), bound \(bound)")
    var seen = [Bool](repeating: false, count: shape[rank - 1] - 1)
    for column in columns {
      require(
        column >= 0 && column < seen.count && !seen[Int(column)],
        "\(operation): column \(column) twice or not among the \(seen.count) of rows \(shape)")
      seen[Int(column)] = true
    }
  }

  /// The parameters, a row for each of this tensor's where a gradient is wanted.
  private func couplingParameters(
    _ parameters: Tensor, _ width: Int, _ inverse: Bool, _ operation: String
  ) -> Tensor {
    let lead = Array(shape.dropLast())
    let given = Array(parameters.shape.dropLast())
    require(
      parameters.shape.last == width && lead.suffix(given.count) == given[...]
        && parameters.dtype.accumulation == dtype,
      "\(operation): parameters \(parameters.shape) \(parameters.dtype) of width \(width) for "
        + "rows \(shape) \(dtype)")
    let needsGradient = needsGradient || parameters.needsGradient
    require(
      !(inverse && needsGradient), "\(operation): the inverse passes no gradient; detach \(shape)")
    return needsGradient ? parameters.broadcast(to: lead + [width]) : parameters
  }
}
