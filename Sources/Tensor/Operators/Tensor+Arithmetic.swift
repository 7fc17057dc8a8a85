import CJEPAKernels

// Broadcasting arithmetic (NumPy's rules). bfloat16 beside float32 gives float32; float64 mixes with
// nothing.

extension Tensor {
  static func elementwise(_ op: jk_binary_op, _ a: Tensor, _ b: Tensor, _ name: String) -> Tensor {
    let dtype = DType.promoted(a.dtype, b.dtype, operation: name)
    if op == JK_ADD, a.shape == b.shape, a.dtype != b.dtype {
      let (wide, narrow) = a.dtype == .float32 ? (a, b) : (b, a)
      let result = Tensor(uninitialized: a.shape, dtype: .float32)
      Profiler.measure("residual", bytes: 2 * wide.byteCount + narrow.byteCount) {
        jk_residual(wide.pointer, narrow.pointer, result.pointer, a.count)
      }
      return result
    }
    let a = a.detached().cast(to: dtype)
    let b = b.detached().cast(to: dtype)
    let shape = StridedIndex.broadcast(a.shape, b.shape, name)
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let (sizes, steps) = StridedIndex.collapsed(
      shape, [StridedIndex.strides(a.shape, in: shape), StridedIndex.strides(b.shape, in: shape)])
    let size = dtype.byteSize
    Profiler.measure("elementwise", bytes: a.byteCount + b.byteCount + result.byteCount) {
      StridedIndex.forEachRow(sizes, steps) { row, offsets, length in
        jk_binary(
          op, dtype.kernel, a.pointer + offsets[0] * size, steps[0].last ?? 0,
          b.pointer + offsets[1] * size, steps[1].last ?? 0, result.pointer + row * size, length)
      }
    }
    return result
  }

  /// The gradient of a broadcast operand: summed over the axes along which it was repeated.
  func reduced(to target: [Int], _ dtype: DType) -> Tensor {
    var result = self
    if result.shape != target {
      let lead = result.rank - target.count
      for axis in 0..<lead {
        result = result.sum(axis: axis, keepingDimensions: true)
      }
      for (i, size) in target.enumerated() where size == 1 && result.shape[i + lead] != 1 {
        result = result.sum(axis: i + lead, keepingDimensions: true)
      }
      result = result.reshaped(target)
    }
    return result.cast(to: dtype)
  }

  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (sa, sb, ta, tb) = (a.shape, b.shape, a.dtype, b.dtype)
    return recorded(elementwise(JK_ADD, a, b, "+"), from: [a, b]) {
      [$0.reduced(to: sa, ta), $0.reduced(to: sb, tb)]
    }
  }

  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let (sa, sb, ta, tb) = (a.shape, b.shape, a.dtype, b.dtype)
    return recorded(elementwise(JK_SUBTRACT, a, b, "-"), from: [a, b]) {
      [$0.reduced(to: sa, ta), (-$0).reduced(to: sb, tb)]
    }
  }

  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.detached(), b.detached())
    let (needsA, needsB) = (a.node != nil, b.node != nil)
    return recorded(elementwise(JK_MULTIPLY, a, b, "*"), from: [a, b]) {
      [
        needsA ? ($0 * y).reduced(to: x.shape, x.dtype) : nil,
        needsB ? ($0 * x).reduced(to: y.shape, y.dtype) : nil,
      ]
    }
  }

  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.detached(), b.detached())
    let (needsA, needsB) = (a.node != nil, b.node != nil)
    return recorded(elementwise(JK_DIVIDE, a, b, "/"), from: [a, b]) {
      [
        needsA ? ($0 / y).reduced(to: x.shape, x.dtype) : nil,
        needsB ? (-($0 * x) / y / y).reduced(to: y.shape, y.dtype) : nil,
      ]
    }
  }

  /// The larger of each pair; where they are equal the gradient goes to `a`.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    select(JK_MAXIMUM, a, b, "maximum") { x, y in Tensor.ones([], dtype: x.dtype) - (x .< y) }
  }

  /// The smaller of each pair; where they are equal the gradient goes to `a`.
  public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
    select(JK_MINIMUM, a, b, "minimum") { x, y in Tensor.ones([], dtype: x.dtype) - (x .> y) }
  }

  private static func select(
    _ op: jk_binary_op, _ a: Tensor, _ b: Tensor, _ name: String,
    first: @escaping (Tensor, Tensor) -> Tensor
  ) -> Tensor {
    let (x, y) = (a.detached(), b.detached())
    return recorded(elementwise(op, a, b, name), from: [a, b]) {
      let chosen = $0 * first(x, y)
      return [chosen.reduced(to: x.shape, x.dtype), ($0 - chosen).reduced(to: y.shape, y.dtype)]
    }
  }

  /// `a` where `condition` is not 0, otherwise `b`. A value that was not picked
  /// does not spoil the result or the gradient by being infinite or NaN.
  public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let dtype = DType.promoted(a.dtype, b.dtype, operation: "where")
    let shape = StridedIndex.broadcast(
      StridedIndex.broadcast(condition.shape, a.shape, "where"), b.shape, "where")
    let mask = condition.detached().cast(to: dtype)
    let (x, y) = (a.detached().cast(to: dtype), b.detached().cast(to: dtype))
    let result = picked(mask, x, y, shape)
    let (sa, sb, ta, tb) = (a.shape, b.shape, a.dtype, b.dtype)
    return recorded(result, from: [a, b]) {
      let zero = Tensor.zeros([], dtype: $0.dtype)
      let mask = mask.cast(to: $0.dtype)
      return [
        picked(mask, $0, zero, shape).reduced(to: sa, ta),
        picked(mask, zero, $0, shape).reduced(to: sb, tb),
      ]
    }
  }

  private static func picked(_ mask: Tensor, _ a: Tensor, _ b: Tensor, _ shape: [Int]) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: a.dtype)
    let steps = [mask, a, b].map { StridedIndex.strides($0.shape, in: shape) }
    let size = a.dtype.byteSize
    let (sizes, collapsed) = StridedIndex.collapsed(shape, steps)
    let inner = collapsed.map { $0.last ?? 0 }
    StridedIndex.forEachRow(sizes, collapsed) { row, offsets, length in
      jk_select(
        size, mask.pointer + offsets[0] * size, inner[0], a.pointer + offsets[1] * size, inner[1],
        b.pointer + offsets[2] * size, inner[2], result.pointer + row * size, length)
    }
    return result
  }

  public static prefix func - (x: Tensor) -> Tensor { x.mapped(JK_NEGATE) }

  public static func + (x: Tensor, value: Double) -> Tensor { x.affine(1, value) }
  public static func - (x: Tensor, value: Double) -> Tensor { x.affine(1, -value) }
  public static func * (x: Tensor, value: Double) -> Tensor { x.affine(value, 0) }
  public static func / (x: Tensor, value: Double) -> Tensor { x.affine(1 / value, 0) }
  public static func + (value: Double, x: Tensor) -> Tensor { x.affine(1, value) }
  public static func - (value: Double, x: Tensor) -> Tensor { x.affine(-1, value) }
  public static func * (value: Double, x: Tensor) -> Tensor { x.affine(value, 0) }
  public static func / (value: Double, x: Tensor) -> Tensor { x.reciprocal() * value }

  /// scale · x + shift.
  func affine(_ scale: Double, _ shift: Double) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: dtype)
    jk_affine(dtype.kernel, scale, shift, pointer, result.pointer, count)
    return .recorded(result, from: self) { $0.affine(scale, 0) }
  }

  /// Adds `other` in place, in this tensor's type.
  package mutating func accumulate(_ other: Tensor) {
    require(shape == other.shape, "accumulate: \(other.shape) into \(shape)")
    let other = dtype == .float32 && other.dtype == .bfloat16 ? other : other.cast(to: dtype)
    let (to, n) = (dtype.kernel, count)
    Profiler.measure("accumulate", bytes: 2 * byteCount + other.byteCount) {
      withUnsafeMutableBytes {
        jk_accumulate(other.dtype.kernel, other.pointer, to, $0.baseAddress, n)
      }
    }
  }
}

// Comparisons give 1 or 0 in the operands' type and carry no gradient.

extension Tensor {
  public static func .< (a: Tensor, b: Tensor) -> Tensor { elementwise(JK_LESS, a, b, ".<") }
  public static func .> (a: Tensor, b: Tensor) -> Tensor { elementwise(JK_GREATER, a, b, ".>") }
  public static func .== (a: Tensor, b: Tensor) -> Tensor { elementwise(JK_EQUAL, a, b, ".==") }
}
