import CJEPAKernels

// Softmax and its logarithms, and layer normalisation; all over the last axis.

extension Tensor {
  private var rows: (count: Int, width: Int) {
    require(rank >= 1, "operator over the last axis: a tensor of rank 0 has none")
    let width = shape[rank - 1]
    return (width == 0 ? 0 : count / width, width)
  }

  /// exp xᵢ / Σⱼ exp xⱼ over the last axis.
  public func softmax() -> Tensor {
    let (n, width) = rows
    let result = Tensor(uninitialized: shape, dtype: dtype)
    jk_softmax(dtype.kernel, pointer, result.pointer, n, width)
    let y = result
    return .recorded(result, from: self) { upstream in
      let dy = upstream.cast(to: y.dtype)
      let gradient = Tensor(uninitialized: y.shape, dtype: y.dtype)
      jk_softmax_gradient(
        y.dtype.kernel, y.pointer, dy.pointer, gradient.pointer, n, width)
      return gradient
    }
  }

  /// log Σ exp x over the last axis, which is removed (or kept with size 1).
  public func logSumExp(keepingDimensions: Bool = false) -> Tensor {
    let (n, width) = rows
    let kept = shape.dropLast() + [1]
    let result = Tensor(uninitialized: Array(kept), dtype: dtype)
    jk_log_sum_exp(dtype.kernel, pointer, result.pointer, n, width)
    let x = detached()
    let recorded = Tensor.recorded(result, from: self) { upstream in
      x.softmax() * upstream.reshaped(Array(kept))
    }
    return keepingDimensions ? recorded : recorded.reshaped(Array(shape.dropLast()))
  }

  /// x − log Σ exp x over the last axis.
  public func logSoftmax() -> Tensor { self - logSumExp(keepingDimensions: true) }

  /// (x − mean) / √(variance + ε) over the last axis, then · weight + bias where given (Ba, Kiros &
  /// Hinton 2016).
  ///
  /// - Parameters:
  ///   - weight, bias: [D], float32 (float64 for a float64 tensor); both or neither.
  ///   - outputType: the result's type; float32 input may give a bfloat16 result. Defaults to this
  ///     tensor's.
  public func layerNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double, outputType: DType? = nil
  ) -> Tensor {
    let (n, width) = rows
    let wide = dtype.accumulation
    let output = outputType ?? dtype
    require(
      (output == .float64) == (dtype == .float64), "layerNorm: \(dtype) input, \(output) output")
    require(
      (weight == nil) == (bias == nil), "layerNorm: weight without bias or bias without weight")
    for (name, tensor) in [("weight", weight), ("bias", bias)] {
      if let tensor {
        require(
          tensor.shape == [width] && tensor.dtype == wide,
          "layerNorm: \(name) \(tensor.shape) \(tensor.dtype) for input \(shape) \(dtype)")
      }
    }
    let (x, w, b) = (detached(), weight?.detached(), bias?.detached())
    let (values, mean, rstd) = x.normalized(w, b, epsilon, output)
    let needsWeights = weight?.node != nil || bias?.node != nil
    let operands = [self] + [weight, bias].compactMap { $0 }
    let result = Tensor.recorded(values, from: operands) { upstream in
      let dy = upstream.cast(to: output)
      let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
      let dw = needsWeights ? Tensor.zeros([width], dtype: wide) : nil
      let db = needsWeights ? Tensor.zeros([width], dtype: wide) : nil
      Profiler.measure("layer norm", bytes: 2 * x.byteCount + dy.byteCount) {
        jk_layer_norm_gradient(
          x.dtype.kernel, x.pointer, w?.pointer, mean.pointer, rstd.pointer, output.kernel,
          dy.pointer, dx.pointer, dw?.pointer, db?.pointer, n, width)
      }
      return w == nil ? [dx] : [dx, dw, db]
    }
    return output == .bfloat16
      ? result.remade { x.normalized(w, b, epsilon, output).values } : result
  }

  private func normalized(
    _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Double, _ output: DType
  ) -> (values: Tensor, mean: Tensor, rstd: Tensor) {
    let (n, width) = rows
    let result = Tensor(uninitialized: shape, dtype: output)
    let mean = Tensor(uninitialized: [n], dtype: dtype.accumulation)
    let rstd = Tensor(uninitialized: [n], dtype: dtype.accumulation)
    Profiler.measure("layer norm", bytes: byteCount + result.byteCount) {
      jk_layer_norm(
        dtype.kernel, pointer, weight?.pointer, bias?.pointer, epsilon, output.kernel,
        result.pointer, mean.pointer, rstd.pointer, n, width)
    }
    return (result, mean, rstd)
  }
}
