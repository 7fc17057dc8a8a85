import CJEPAKernels

// Sums, extrema and running sums along an axis.

extension Tensor {
  private func shape(without axis: Int, keeping: Bool) -> [Int] {
    var result = shape
    if keeping { result[axis] = 1 } else { result.remove(at: axis) }
    return result
  }

  /// The sum along `axis`. Sums of bfloat16 accumulate in float32.
  public func sum(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    let axis = normalized(axis, "sum")
    let (outer, size, inner) = split(at: axis)
    let result = Tensor(
      uninitialized: shape(without: axis, keeping: keepingDimensions), dtype: dtype)
    jk_sum(dtype.kernel, pointer, result.pointer, outer, size, inner)
    let (original, kept) = (shape, shape(without: axis, keeping: true))
    return .recorded(result, from: self) { $0.reshaped(kept).broadcast(to: original) }
  }

  /// The sum of all elements, a tensor of rank 0.
  public func sum() -> Tensor { reshaped([count]).sum(axis: 0) }

  /// The mean along `axis`.
  public func mean(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    let size = shape[normalized(axis, "mean")]
    return sum(axis: axis, keepingDimensions: keepingDimensions) / Double(size)
  }

  /// The mean of all elements, a tensor of rank 0.
  public func mean() -> Tensor { sum() / Double(count) }

  /// The population variance along `axis` (divided by n).
  public func variance(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    (self - mean(axis: axis, keepingDimensions: true)).square()
      .mean(axis: axis, keepingDimensions: keepingDimensions)
  }

  /// The largest element along `axis`; equal largest elements share the gradient.
  public func max(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    let axis = normalized(axis, "max")
    let (outer, size, inner) = split(at: axis)
    require(size > 0, "max: axis \(axis) of \(shape) is empty")
    let kept = shape(without: axis, keeping: true)
    let result = Tensor(uninitialized: kept, dtype: dtype)
    jk_maximum(dtype.kernel, pointer, result.pointer, outer, size, inner)
    let (x, largest) = (detached(), result)
    let recorded = Tensor.recorded(result, from: self) { upstream in
      let hits = x .== largest
      let share = hits / hits.sum(axis: axis, keepingDimensions: true)
      return share * upstream.reshaped(kept)
    }
    return keepingDimensions
      ? recorded : recorded.reshaped(shape(without: axis, keeping: false))
  }

  /// The smallest element along `axis`.
  public func min(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    -(-self).max(axis: axis, keepingDimensions: keepingDimensions)
  }

  /// The index of the first largest element of each row of the last axis.
  public func argmax() -> [Int] {
    require(rank >= 1 && shape[rank - 1] > 0, "argmax: shape \(shape) has no last axis")
    let width = shape[rank - 1]
    let values = doubles()
    return (0..<count / width).map { row in
      let start = row * width
      return (start..<start + width).reduce(start) { values[$1] > values[$0] ? $1 : $0 } - start
    }
  }

  /// Running sums along the last axis.
  public func cumulativeSum() -> Tensor { cumulativeSum(reverse: false) }

  private func cumulativeSum(reverse: Bool) -> Tensor {
    require(rank >= 1, "cumulativeSum: a tensor of rank 0 has no axis")
    let width = shape[rank - 1]
    let result = Tensor(uninitialized: shape, dtype: dtype)
    if count > 0 {
      jk_cumulative_sum(
        dtype.kernel, pointer, result.pointer, count / width, width, reverse ? 1 : 0)
    }
    return .recorded(result, from: self) { $0.cumulativeSum(reverse: !reverse) }
  }

  /// A matrix of ones where column ≤ row + `diagonal`, zeros elsewhere.
  public static func lowerTriangle(
    _ rows: Int, _ columns: Int, diagonal: Int = 0, dtype: DType = .float32
  ) -> Tensor {
    let values = (0..<rows * columns).map { $0 % columns <= $0 / columns + diagonal ? 1.0 : 0.0 }
    return Tensor(values, shape: [rows, columns], dtype: dtype)
  }

  /// The square root of the sum of squares of all elements.
  public func norm() -> Double {
    jk_sum_of_squares(dtype.kernel, pointer, count).squareRoot()
  }

  /// Whether every element is finite.
  public var isFinite: Bool {
    // 0 · x is 0 for a finite x and NaN otherwise, and NaN survives the sum.
    detached().affine(0, 0).sum().item() == 0
  }
}
