import CJEPAKernels

/// op(a) op(b), where op transposes the last two axes if asked. [M, K]·[K, N], or batched
/// [B, M, K]·[B, K, N].
public func matmul(
  _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false
) -> Tensor {
  let result = product(a, b, transposeA, transposeB)
  let (x, y) = (a.detached(), b.detached())
  let (needsA, needsB) = (a.needsGradient, b.needsGradient)
  return .recorded(result, from: [a, b]) { upstream in
    let dy = upstream.cast(to: x.dtype)
    let dx =
      !needsA
      ? nil : transposeA ? product(y, dy, transposeB, true) : product(dy, y, false, !transposeB)
    let db =
      !needsB
      ? nil : transposeB ? product(dy, x, true, transposeA) : product(x, dy, !transposeA, false)
    return [dx, db]
  }
}

private func product(
  _ a: Tensor, _ b: Tensor, _ transposeA: Bool, _ transposeB: Bool, outputType: DType? = nil,
  isWeight: Bool = false
) -> Tensor {
  require(
    a.rank == b.rank && (a.rank == 2 || a.rank == 3) && a.dtype == b.dtype,
    "matmul: \(a.shape) \(a.dtype) by \(b.shape) \(b.dtype)")
  let r = a.rank
  let rows = a.shape[transposeA ? r - 1 : r - 2]
  let depth = a.shape[transposeA ? r - 2 : r - 1]
  let columns = b.shape[transposeB ? r - 2 : r - 1]
  let batch = r == 3 ? a.shape[0] : 1
  require(
    depth == b.shape[transposeB ? r - 1 : r - 2] && (r == 2 || b.shape[0] == batch),
    "matmul: \(a.shape)\(transposeA ? "ᵀ" : "") by \(b.shape)\(transposeB ? "ᵀ" : "")")
  let shape = (r == 3 ? [batch] : []) + [rows, columns]
  let type = outputType ?? a.dtype
  if depth == 0 { return .zeros(shape, dtype: type) }
  let result = Tensor(uninitialized: shape, dtype: type)
  MatrixProduct(
    batch: batch, rows: rows, columns: columns, depth: depth, transposeA: transposeA,
    transposeB: transposeB, dtype: a.dtype, outputType: type
  ).run(
    a.pointer, b.pointer, bias: nil, into: result.pointer, weight: isWeight ? b.storage : nil)
  return result
}

/// x Wᵀ + b over the last axis.
///
/// The product runs in the weight's type: bfloat16 weights bring float32 input to bfloat16 and give a
/// bfloat16 result, while the gradients of weight and bias come out in float32.
///
/// - Parameters:
///   - x: [..., in].
///   - weight: [out, in].
///   - bias: [out] in the weight's accumulation type, or nil.
/// - Returns: [..., out].
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) -> Tensor {
  require(
    weight.rank == 2 && x.rank >= 1 && x.shape[x.rank - 1] == weight.shape[1],
    "linear: input \(x.shape) with weight \(weight.shape)")
  let (outputs, inputs) = (weight.shape[0], weight.shape[1])
  if let bias {
    require(
      bias.shape == [outputs] && bias.dtype == weight.dtype.accumulation,
      "linear: bias \(bias.shape) \(bias.dtype) with weight \(weight.shape) \(weight.dtype)")
  }
  let shape = x.shape.dropLast() + [outputs]
  let rows = shape.dropLast().reduce(1, *)
  let input = x.cast(to: weight.dtype).reshaped([rows, inputs])
  let result: Tensor
  if inputs == 0 {
    let zero = Tensor.zeros([rows, outputs], dtype: weight.dtype)
    result = bias.map { (zero + $0.detached()).cast(to: weight.dtype) } ?? zero
  } else {
    result = Tensor(uninitialized: [rows, outputs], dtype: weight.dtype)
    MatrixProduct(
      rows: rows, columns: outputs, depth: inputs, transposeB: true, dtype: weight.dtype,
      outputType: weight.dtype, hasBias: bias != nil
    ).run(
      input.pointer, weight.pointer, bias: bias?.pointer, into: result.pointer,
      weight: weight.storage)
  }
  let (values, w) = (input.valuesForGradient, weight.detached())
  let (needsInput, needsWeight) = (input.needsGradient, weight.needsGradient)
  let needsBias = bias?.needsGradient ?? false
  let recorded = Tensor.recorded(result, from: [input, weight] + [bias].compactMap { $0 }) {
    upstream in
    let dy = upstream.cast(to: w.dtype)
    let dx = needsInput ? product(dy, w, false, false, isWeight: true) : nil
    let dw =
      needsWeight ? product(dy, values(), true, false, outputType: w.dtype.accumulation) : nil
    var gradients = [dx, dw]
    if bias != nil { gradients.append(needsBias ? dy.columnSum() : nil) }
    return gradients
  }
  return recorded.reshaped(Array(shape))
}

extension Tensor {
  /// The sum over the rows of a matrix, in the accumulation type.
  func columnSum() -> Tensor {
    let result = Tensor(uninitialized: [shape[1]], dtype: dtype.accumulation)
    Profiler.measure("bias gradient", bytes: byteCount) {
      jk_column_sum(dtype.kernel, pointer, result.pointer, shape[0], shape[1])
    }
    return result
  }
}
