import CJEPAKernels

// Operators that move or convert elements.

extension Tensor {
  /// The same elements under another shape; one size may be -1 and is worked out.
  public func reshaped(_ newShape: [Int]) -> Tensor {
    var sizes = newShape
    if let unknown = sizes.firstIndex(of: -1) {
      let known = sizes.enumerated().reduce(1) { $1.offset == unknown ? $0 : $0 * $1.element }
      require(
        known > 0 && count % known == 0, "reshaped: \(shape) does not fit \(newShape)")
      sizes[unknown] = count / known
    }
    require(sizes.reduce(1, *) == count, "reshaped: \(shape) does not fit \(newShape)")
    let original = shape
    let result = Tensor.recorded(
      Tensor(shape: sizes, dtype: dtype, storage: storage), from: self
    ) { $0.reshaped(original) }
    guard let make = node?.remake else { return result }
    return result.remade { make().reshaped(sizes) }
  }

  /// The values converted to `dtype`; gradients are converted back.
  public func cast(to newType: DType) -> Tensor {
    if newType == dtype { return self }
    let result = Tensor(uninitialized: shape, dtype: newType)
    Profiler.measure("cast", bytes: byteCount + result.byteCount) {
      jk_cast(dtype.kernel, pointer, newType.kernel, result.pointer, count)
    }
    let original = dtype
    return .recorded(result, from: self) { $0.cast(to: original) }
  }

  /// The last two axes exchanged.
  public func transposed() -> Tensor {
    require(rank >= 2, "transposed: shape \(shape) has fewer than two axes")
    let rows = shape[rank - 2]
    let columns = shape[rank - 1]
    let result = Tensor(
      uninitialized: shape.dropLast(2) + [columns, rows], dtype: dtype)
    if count > 0 {
      jk_transpose(
        dtype.byteSize, pointer, result.pointer, count / (rows * columns), rows, columns)
    }
    return .recorded(result, from: self) { $0.transposed() }
  }

  /// The axes in the order `axes`: axis i of the result is axis `axes[i]` of this tensor.
  public func permuted(_ axes: [Int]) -> Tensor {
    require(
      axes.sorted() == Array(0..<rank), "permuted: \(axes) is no order of the axes of \(shape)")
    var inverse = axes
    for (i, axis) in axes.enumerated() { inverse[axis] = i }
    let newShape = axes.map { shape[$0] }
    let result = Tensor(uninitialized: newShape, dtype: dtype)
    if count > 0 {
      var strides = [Int](repeating: 1, count: rank)
      for i in stride(from: rank - 2, through: 0, by: -1) {
        strides[i] = strides[i + 1] * shape[i + 1]
      }
      let steps = axes.map { strides[$0] }
      let size = dtype.byteSize
      StridedIndex.forEachRow(newShape, [steps]) { row, offsets, length in
        for j in 0..<length {
          (result.pointer + (row + j) * size).copyMemory(
            from: pointer + (offsets[0] + j * (steps.last ?? 0)) * size, byteCount: size)
        }
      }
    }
    return .recorded(result, from: self) { $0.permuted(inverse) }
  }

  /// The part of `axis` in `range`.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = normalized(axis, "slice")
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "slice: range \(range) leaves axis \(axis) of \(shape)")
    let (outer, size, inner) = split(at: axis)
    var newShape = shape
    newShape[axis] = range.count
    let result = Tensor(uninitialized: newShape, dtype: dtype)
    let block = inner * dtype.byteSize
    for o in 0..<outer {
      (result.pointer + o * range.count * block).copyMemory(
        from: pointer + (o * size + range.lowerBound) * block, byteCount: range.count * block)
    }
    let original = shape
    return .recorded(result, from: self) { upstream in
      let gradient = Tensor.zeros(original, dtype: upstream.dtype)
      let block = inner * upstream.dtype.byteSize
      for o in 0..<outer {
        (gradient.pointer + (o * size + range.lowerBound) * block).copyMemory(
          from: upstream.pointer + o * range.count * block, byteCount: range.count * block)
      }
      return gradient
    }
  }

  /// The tensor cut along `axis` into parts of the given sizes.
  public func split(axis: Int, sizes: [Int]) -> [Tensor] {
    require(
      sizes.reduce(0, +) == shape[normalized(axis, "split")],
      "split: sizes \(sizes) do not add up to axis \(axis) of \(shape)")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(axis: axis, start..<start + size)
    }
  }

  /// Tensors of equal shape but for `axis`, one after another along it.
  public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    require(!parts.isEmpty, "concatenated: no tensors")
    let first = parts[0]
    let axis = first.normalized(axis, "concatenated")
    for part in parts {
      var expected = first.shape
      expected[axis] = part.rank > axis ? part.shape[axis] : -1
      require(
        part.shape == expected && part.dtype == first.dtype,
        "concatenated: \(part.shape) \(part.dtype) beside \(first.shape) \(first.dtype) on axis \(axis)"
      )
    }
    let sizes = parts.map { $0.shape[axis] }
    var shape = first.shape
    shape[axis] = sizes.reduce(0, +)
    let result = Tensor(uninitialized: shape, dtype: first.dtype)
    let (outer, total, inner) = result.split(at: axis)
    let block = inner * first.dtype.byteSize
    var start = 0
    for part in parts {
      let size = part.shape[axis]
      for o in 0..<outer {
        (result.pointer + (o * total + start) * block).copyMemory(
          from: part.pointer + o * size * block, byteCount: size * block)
      }
      start += size
    }
    return .recorded(result, from: parts) { $0.split(axis: axis, sizes: sizes) }
  }

  /// Tensors of equal shape along a new axis.
  public static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    concatenated(parts.map { $0.expanded(axis: axis) }, axis: axis)
  }

  /// An axis of size 1 inserted before `axis`.
  public func expanded(axis: Int) -> Tensor {
    var newShape = shape
    newShape.insert(1, at: axis < 0 ? rank + 1 + axis : axis)
    return reshaped(newShape)
  }

  /// Repeated along axes of size 1 until the shape is `newShape`.
  public func broadcast(to newShape: [Int]) -> Tensor {
    if shape == newShape { return self }
    let result = self + Tensor.zeros(newShape, dtype: dtype)
    require(result.shape == newShape, "broadcast: \(shape) does not repeat to \(newShape)")
    return result
  }

  /// `axis` counted from the front; negative axes count from the back.
  func normalized(_ axis: Int, _ operation: String) -> Int {
    let index = axis < 0 ? axis + rank : axis
    require(
      index >= 0 && index < rank, "\(operation): axis \(axis) is not in shape \(shape)")
    return index
  }

  /// The shape as [outer, axis, inner].
  func split(at axis: Int) -> (outer: Int, size: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }
}
