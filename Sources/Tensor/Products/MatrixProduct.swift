import CJEPAKernels
import COneDNN
import COpenBLAS
import Synchronization

/// Products of row-major matrices: oneDNN for float32 and bfloat16, OpenBLAS for float64; always on
/// the calling thread alone.
///
/// oneDNN generates code for the sizes it is given, half a millisecond each time, while packed batches
/// have a different number of tokens every step. So the long axis (rows, or the summed axis of a
/// weight gradient) is cut into pieces of a few sizes: 2048 rows, then 512, then one multiple of 64, then the
/// rest. Each piece's code is made once and kept.
///
/// Where oneDNN cannot multiply bfloat16 on this processor, the operands are widened: see
/// `MatrixProduct+Widened.swift`.
struct MatrixProduct {
  var batch = 1
  var rows: Int
  var columns: Int
  var depth: Int
  var transposeA = false
  var transposeB = false
  var dtype: DType
  var outputType: DType
  var hasBias = false
  var accumulates = false
  private(set) var hasPackedB = false

  /// Below it, bringing a weight into tiles costs more than it saves.
  private static var leastRowsForPacking: Int { 64 }

  /// C (+)= op(A) op(B) (+ bias). `bias` is [columns] in the output's accumulation type.
  ///
  /// - Parameter weight: B's storage, where B is read many times: see ``OneDNN/packed(_:_:)``.
  func run(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer, weight: Storage? = nil
  ) {
    if let weight, batch == 1, dtype != .float64, depth > 0, rows >= Self.leastRowsForPacking,
      let packed = OneDNN.shared.packed(weight, compiled.b)
    {
      var product = self
      product.hasPackedB = true
      product.run(a, packed.pointer, bias: bias, into: c)
      return
    }
    if batch * rows * columns == 0 { return }
    Profiler.measure(
      "product", detail: transposeA ? "→ \(rows) × \(columns)" : "\(depth) → \(columns)",
      flops: 2 * batch * rows * columns * depth,
      bytes: batch
        * ((rows + columns) * depth * dtype.byteSize + rows * columns * outputType.byteSize)
    ) { runPieces(a, b, bias: bias, into: c) }
  }

  func runPieces(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    if dtype == .float64 || depth == 0 {
      runFloat64(a, b, bias: bias, into: c)
    } else if batch > 1 {
      runPiece(a, b, bias: bias, into: c)
    } else if transposeA && !transposeB && outputType == .bfloat16 && depth > 1 {
      sumPieces(a, b, bias: bias, into: c)
    } else if transposeA {
      // Weight gradients: the summed axis is the long one, and A and B both have it as rows.
      var piece = self
      forEachPiece(of: depth) { start, count in
        piece.depth = count
        let rowBytes = dtype.byteSize
        piece.runPiece(
          a + start * rows * rowBytes, b + start * (transposeB ? 1 : columns) * rowBytes,
          bias: bias, into: c)
        piece.accumulates = true
        piece.hasBias = false
      }
    } else {
      var piece = self
      forEachPiece(of: rows) { start, count in
        piece.rows = count
        piece.runPiece(
          a + start * depth * dtype.byteSize, b, bias: bias,
          into: c + start * columns * outputType.byteSize)
      }
    }
  }

  /// The pieces' sums are rounded to bfloat16 once, when they are complete.
  private func sumPieces(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    let sums = Storage(byteCount: 4 * rows * columns)
    if accumulates { jk_cast(JK_BFLOAT16, c, JK_FLOAT32, sums.pointer, rows * columns) }
    var product = self
    product.outputType = .float32
    product.runPieces(a, b, bias: bias, into: sums.pointer)
    jk_cast(JK_FLOAT32, sums.pointer, JK_BFLOAT16, c, rows * columns)
  }

  private func runPiece(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    if !OneDNN.shared.execute(compiled, a, b, into: c, bias: bias) {
      runWidened(a, b, bias: bias, into: c)
    }
  }

  private var compiled: OneDNN.Product {
    OneDNN.Product(
      a: operand(rows, depth, transposed: transposeA, dtype),
      b: operand(depth, columns, transposed: transposeB, dtype),
      c: operand(rows, columns, transposed: false, outputType),
      bias: hasBias
        ? OneDNN.Operand(
          batch > 1 ? [1, 1, columns] : [1, columns],
          strides: batch > 1 ? [columns, columns, 1] : [columns, 1], dtype: dtype.accumulation)
        : nil,
      accumulates: accumulates, hasPackedB: hasPackedB)
  }

  /// A row-major matrix (or a batch of them), read as its transpose where asked.
  private func operand(
    _ rows: Int, _ columns: Int, transposed: Bool, _ dtype: DType
  ) -> OneDNN.Operand {
    let inner = transposed ? [1, rows] : [columns, 1]
    return batch > 1
      ? OneDNN.Operand([batch, rows, columns], strides: [rows * columns] + inner, dtype: dtype)
      : OneDNN.Operand([rows, columns], strides: inner, dtype: dtype)
  }

  private func forEachPiece(of total: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    if transposeA && transposeB {  // A's summed axis is B's inner one: no cutting
      body(0, total)
      return
    }
    var start = 0
    while start < total {
      let rest = total - start
      let count =
        rest >= 2048 && !transposeA ? 2048 : rest >= 512 ? 512 : rest >= 64 ? rest / 64 * 64 : rest
      body(start, count)
      start += count
    }
  }

  /// OpenBLAS would otherwise start threads of its own. Set once.
  static let blasIsSingleThreaded: Bool = {
    openblas_set_num_threads(1)
    return true
  }()

  private func runFloat64(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    into c: UnsafeMutableRawPointer
  ) {
    _ = Self.blasIsSingleThreaded
    require(
      dtype == .float64, "matmul: an empty product of \(dtype) must be filled by its caller")
    let a = a.assumingMemoryBound(to: Double.self)
    let b = b.assumingMemoryBound(to: Double.self)
    let c = c.assumingMemoryBound(to: Double.self)
    for i in 0..<batch {
      let out = c + i * rows * columns
      if let bias = bias?.assumingMemoryBound(to: Double.self), hasBias {
        for r in 0..<rows { (out + r * columns).update(from: bias, count: columns) }
      }
      cblas_dgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns), Int32(depth), 1,
        a + i * rows * depth, Int32(max(1, transposeA ? rows : depth)), b + i * depth * columns,
        Int32(max(1, transposeB ? depth : columns)), hasBias || accumulates ? 1 : 0, out,
        Int32(max(1, columns)))
    }
  }
}
