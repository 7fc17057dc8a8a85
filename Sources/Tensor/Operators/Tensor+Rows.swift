import CJEPAKernels

// Gathering and scattering of rows.

extension Tensor {
  /// Rows `indices` along the first axis: result[i, …] = self[indices[i], …].
  public func gatherRows(_ indices: [Int32]) -> Tensor {
    require(rank >= 1, "gatherRows: a tensor of rank 0 has no rows")
    let rows = shape[0]
    Self.check(indices, below: rows, "gatherRows", shape)
    let result = Tensor(uninitialized: [indices.count] + shape.dropFirst(), dtype: dtype)
    let width = shape.dropFirst().reduce(1, *)
    Profiler.measure("gather", bytes: 2 * result.byteCount) {
      jk_gather_rows(pointer, indices, result.pointer, indices.count, width * dtype.byteSize)
    }
    return .recorded(result, from: self) { $0.scatterAddedRows(indices, count: rows) }
  }

  /// Rows `indices` along the first axis.
  public func gatherRows(_ indices: [Int]) -> Tensor { gatherRows(indices.map(Int32.init)) }

  /// A tensor of `count` rows with row i of this one added to row `indices[i]`.
  public func scatterAddedRows(_ indices: [Int32], count rows: Int) -> Tensor {
    require(
      rank >= 1 && indices.count == shape[0],
      "scatterAddedRows: \(indices.count) indices for shape \(shape)")
    Self.check(indices, below: rows, "scatterAddedRows", shape)
    if dtype == .bfloat16 && Self.repeats(indices, below: rows) {
      // Many small terms would be lost one by one in bfloat16.
      return cast(to: .float32).scatterAddedRows(indices, count: rows).cast(to: .bfloat16)
    }
    let result = Tensor.zeros([rows] + shape.dropFirst(), dtype: dtype)
    let width = shape.dropFirst().reduce(1, *)
    Profiler.measure("scatter", bytes: 2 * byteCount) {
      jk_scatter_add_rows(dtype.kernel, pointer, indices, result.pointer, indices.count, width)
    }
    return .recorded(result, from: self) { $0.gatherRows(indices) }
  }

  /// result[i] = self[i, indices[i]] for a tensor of shape [N, C].
  public func gatherColumns(_ indices: [Int]) -> Tensor {
    require(
      rank == 2 && indices.count == shape[0],
      "gatherColumns: \(indices.count) indices for shape \(shape)")
    let columns = shape[1]
    let flat = indices.enumerated().map { row, column in
      require(
        column >= 0 && column < columns, "gatherColumns: column \(column) is not in \(shape)")
      return Int32(row * columns + column)
    }
    return reshaped([count]).gatherRows(flat)
  }

  private static func repeats(_ indices: [Int32], below rows: Int) -> Bool {
    var seen = [Bool](repeating: false, count: rows)
    for index in indices {
      if seen[Int(index)] { return true }
      seen[Int(index)] = true
    }
    return false
  }

  private static func check(
    _ indices: [Int32], below rows: Int, _ operation: String, _ shape: [Int]
  ) {
    for index in indices where index < 0 || index >= rows {
      requirementFailed("\(operation): row \(index) is not below \(rows) (shape \(shape))")
    }
  }
}
