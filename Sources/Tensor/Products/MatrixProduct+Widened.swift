import CJEPAKernels

// Products of bfloat16 matrices where oneDNN has no kernel for them, as on processors without AVX-512: operands are
// widened to float32 and multiplied in float32. A product of two bfloat16 numbers is exact in float32, so that the
// result is that of a bfloat16 kernel up to the order of summation.

extension MatrixProduct {
  /// Rows, or summed entries, that are widened at once: so many that they stay in cache, a multiple of 64.
  private func chunk(widths: Int...) -> Int {
    let entries = 1 << 18
    return min(2048, max(64, entries / max(1, widths.reduce(0, +)) / 64 * 64))
  }

  /// C (+)= op(A) op(B) (+ bias), as ``run(_:_:bias:into:weight:)`` computes it.
  func runWidened(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    require(dtype == .bfloat16 && !hasPackedB, "matmul: widening of \(dtype) operands")
    var single = self
    single.batch = 1
    for index in 0..<batch {
      let (a, b) = (a + 2 * index * rows * depth, b + 2 * index * depth * columns)
      let c = c + index * rows * columns * outputType.byteSize
      if transposeA && !transposeB {
        single.sumWidened(a, b, bias: bias, into: c)
      } else {
        single.multiplyWidened(a, b, bias: bias, into: c)
      }
    }
  }

  /// A few rows of A and C at a time.
  private func multiplyWidened(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    // A transposed has its rows side by side: it is taken whole.
    let most = transposeA ? rows : min(rows, chunk(widths: depth, columns))
    let right = Self.widened(b, count: depth * columns)
    let left = Storage(byteCount: 4 * most * depth)
    let sums = outputType == .float32 ? nil : Storage(byteCount: 4 * most * columns)
    var inner = inFloat32
    for start in stride(from: 0, to: rows, by: most) {
      inner.rows = min(most, rows - start)
      let count = inner.rows * columns
      Self.widen(a + 2 * start * depth, into: left, count: inner.rows * depth)
      let result = c + start * columns * outputType.byteSize
      if accumulates, let sums { Self.widen(result, into: sums, count: count) }
      inner.runPieces(
        left.pointer, right.pointer, bias: bias, into: sums?.pointer ?? result)
      if let sums {
        jk_cast(JK_FLOAT32, sums.pointer, outputType.kernel, result, count)
      }
    }
  }

  /// A few summed entries at a time: for gradients of weights, where A and B have the long axis as rows.
  private func sumWidened(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    let most = min(depth, chunk(widths: rows, columns))
    let (left, right) = (
      Storage(byteCount: 4 * most * rows), Storage(byteCount: 4 * most * columns)
    )
    let sums = outputType == .float32 ? nil : Storage(byteCount: 4 * rows * columns)
    if accumulates, let sums { Self.widen(c, into: sums, count: rows * columns) }
    var inner = inFloat32
    for start in stride(from: 0, to: depth, by: most) {
      inner.depth = min(most, depth - start)
      Self.widen(a + 2 * start * rows, into: left, count: inner.depth * rows)
      Self.widen(b + 2 * start * columns, into: right, count: inner.depth * columns)
      inner.runPieces(left.pointer, right.pointer, bias: bias, into: sums?.pointer ?? c)
      inner.accumulates = true
      inner.hasBias = false
    }
    if let sums { jk_cast(JK_FLOAT32, sums.pointer, outputType.kernel, c, rows * columns) }
  }

  private var inFloat32: MatrixProduct {
    var product = self
    product.dtype = .float32
    product.outputType = .float32
    return product
  }

  private static func widened(_ x: UnsafeMutableRawPointer, count: Int) -> Storage {
    let result = Storage(byteCount: 4 * count)
    widen(x, into: result, count: count)
    return result
  }

  private static func widen(_ x: UnsafeMutableRawPointer, into y: Storage, count: Int) {
    jk_cast(JK_BFLOAT16, x, JK_FLOAT32, y.pointer, count)
  }
}
