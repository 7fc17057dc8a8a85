import CJEPAKernels

/// Shifts, scales and gates for rows that share them: each row's are the sum of a part from its context
/// and a part from its time.
public struct ModulationParts: Sendable {
  /// [N, P · W], or nil.
  public let context: Tensor?
  /// [G, P · W].
  public let time: Tensor
  /// For each of the N · K rows its row of `time`; nil where all have the first.
  public let timeRows: [Int32]?

  /// - Parameters:
  ///   - context, time: P parts side by side: shifts, scales and, where P is 3, gates; in the
  ///     accumulation type.
  public init(context: Tensor?, time: Tensor, timeRows: [Int32]?) {
    require(
      time.rank == 2 && time.shape[0] > 0 && time.dtype != .bfloat16
        && (context.map {
          $0.rank == 2 && $0.shape[1] == time.shape[1] && $0.dtype == time.dtype
        } ?? true),
      "ModulationParts: context \(context?.shape ?? []), time \(time.shape) \(time.dtype)")
    for row in timeRows ?? [] where row < 0 || row >= time.shape[0] {
      requirementFailed("ModulationParts: time \(row) is not below \(time.shape[0])")
    }
    self.context = context
    self.time = time
    self.timeRows = timeRows
  }

  /// Calls `body` with the kernels' view of the parts of tensors [N, K, W].
  func withKernel<R>(for shape: [Int], _ body: (jk_modulation) -> R) -> R {
    func view(_ rows: UnsafePointer<Int32>?) -> R {
      body(
        jk_modulation(
          context: context.map { UnsafeRawPointer($0.pointer) }, copies: max(shape[1], 1),
          time: UnsafeRawPointer(time.pointer), time_rows: rows,
          parts: time.shape[1] / max(shape[2], 1)))
    }
    guard let timeRows else { return view(nil) }
    return timeRows.withUnsafeBufferPointer { view($0.baseAddress) }
  }

  func check(_ h: Tensor, parts: Int, _ operation: String) {
    require(
      h.rank == 3 && h.dtype == time.dtype && time.shape[1] >= parts * h.shape[2]
        && (context.map { $0.shape[0] == h.shape[0] } ?? true)
        && (timeRows.map { $0.count == h.shape[0] * h.shape[1] } ?? true),
      "\(operation): \(h.shape) \(h.dtype) with context \(context?.shape ?? []), time \(time.shape), \(timeRows?.count ?? 1) times"
    )
  }

  var detached: ModulationParts {
    ModulationParts(context: context?.detached(), time: time.detached(), timeRows: timeRows)
  }

  /// Zeros for the gradients that are wanted.
  func gradients(_ needsContext: Bool, _ needsTime: Bool) -> (context: Tensor?, time: Tensor?) {
    (
      needsContext ? context.map { .zeros($0.shape, dtype: $0.dtype) } : nil,
      needsTime ? .zeros(time.shape, dtype: time.dtype) : nil
    )
  }
}

extension Tensor {
  /// (1 + scale) ∘ LN(x) + shift: adaptive layer normalisation (Peebles & Xie 2023).
  ///
  /// - Parameters:
  ///   - parts: for this tensor of shape [N, K, W], N rows of context and N · K times.
  ///   - outputType: the result's type, that of the matrix product it goes to.
  public func modulatedLayerNorm(
    _ parts: ModulationParts, epsilon: Double, outputType: DType
  ) -> Tensor {
    parts.check(self, parts: 2, "modulatedLayerNorm")
    require(outputType.accumulation == dtype, "modulatedLayerNorm: \(dtype) to \(outputType)")
    let (count, width) = (shape[0] * shape[1], shape[2])
    let (x, kept) = (detached(), parts.detached)
    let (values, mean, rstd) = x.modulated(kept, epsilon, outputType)
    let needs = (parts.context?.needsGradient ?? false, parts.time.needsGradient)
    let operands = [self, parts.time] + [parts.context].compactMap { $0 }
    let result = Tensor.recorded(values, from: operands) {
      let dy = $0.cast(to: outputType)
      let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
      let (context, time) = kept.gradients(needs.0, needs.1)
      kept.withKernel(for: x.shape) {
        jk_modulate_gradient(
          outputType.kernel, x.pointer, $0, mean.pointer, rstd.pointer, dy.pointer, dx.pointer,
          context?.pointer, time?.pointer, count, width)
      }
      return kept.context == nil ? [dx, time] : [dx, time, context]
    }
    return outputType == .bfloat16
      ? result.remade { x.modulated(kept, epsilon, outputType).values } : result
  }

  private func modulated(
    _ parts: ModulationParts, _ epsilon: Double, _ outputType: DType
  ) -> (values: Tensor, mean: Tensor, rstd: Tensor) {
    let (count, width) = (shape[0] * shape[1], shape[2])
    let result = Tensor(uninitialized: shape, dtype: outputType)
    let mean = Tensor(uninitialized: [count], dtype: dtype)
    let rstd = Tensor(uninitialized: [count], dtype: dtype)
    parts.withKernel(for: shape) {
      jk_modulate(
        outputType.kernel, pointer, $0, epsilon, result.pointer, mean.pointer, rstd.pointer, count,
        width)
    }
    return (result, mean, rstd)
  }

  /// h + gate ∘ update, with the third part of `parts`.
  ///
  /// - Parameter update: of this tensor's shape [N, K, W]; bfloat16 or of this tensor's type.
  public func addingGated(_ update: Tensor, _ parts: ModulationParts) -> Tensor {
    parts.check(self, parts: 3, "addingGated")
    require(
      update.shape == shape && update.dtype.accumulation == dtype,
      "addingGated: \(shape) \(dtype) and \(update.shape) \(update.dtype)")
    let (count, width) = (shape[0] * shape[1], shape[2])
    let result = Tensor(uninitialized: shape, dtype: dtype)
    parts.withKernel(for: shape) {
      jk_add_gated(
        update.dtype.kernel, pointer, update.pointer, $0, result.pointer, count, width)
    }
    let (u, kept) = (update.detached(), parts.detached)
    let needs = (parts.context?.needsGradient ?? false, parts.time.needsGradient)
    let operands = [self, update, parts.time] + [parts.context].compactMap { $0 }
    return .recorded(result, from: operands) { upstream in
      let du = Tensor(uninitialized: u.shape, dtype: u.dtype)
      let (context, time) = kept.gradients(needs.0, needs.1)
      kept.withKernel(for: u.shape) {
        jk_add_gated_gradient(
          u.dtype.kernel, u.pointer, $0, upstream.pointer, du.pointer, context?.pointer,
          time?.pointer, count, width)
      }
      return kept.context == nil ? [upstream, du, time] : [upstream, du, time, context]
    }
  }
}
