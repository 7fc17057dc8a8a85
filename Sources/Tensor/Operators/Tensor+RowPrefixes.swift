// Masks that keep the first entries of each row, as in networks whose units are sorted by what they
// may depend on.

extension Tensor {
  /// Rows of a matrix, each cut after its first entries and filled up with zeros:
  /// result[i, j] = self[rows[i], j] where j < lengths[i], else 0. Entries left out get no gradient.
  ///
  /// - Parameters:
  ///   - rows: different rows of this tensor, [R, C].
  ///   - lengths: one per row, from 0; the part beyond `width` is left out.
  ///   - width: the columns of the result, at most C.
  /// - Returns: [rows.count, width].
  public func gatherRowPrefixes(_ rows: [Int], lengths: [Int], width: Int) -> Tensor {
    require(
      rank == 2 && rows.count == lengths.count && width >= 0 && width <= shape[1],
      "gatherRowPrefixes: \(rows.count) rows, \(lengths.count) lengths and width \(width) of \(shape)"
    )
    let count = shape[0]
    var seen = [Bool](repeating: false, count: count)
    for (row, length) in zip(rows, lengths) {
      require(
        row >= 0 && row < count && !seen[row] && length >= 0,
        "gatherRowPrefixes: row \(row), length \(length) of \(shape); rows must differ")
      seen[row] = true
    }
    let result = Tensor(uninitialized: [rows.count, width], dtype: dtype)
    let (size, columns) = (dtype.byteSize, shape[1])
    for (i, (row, length)) in zip(rows, lengths).enumerated() {
      let kept = Swift.min(length, width) * size
      let target = result.pointer + i * width * size
      target.copyMemory(from: pointer + row * columns * size, byteCount: kept)
      (target + kept).initializeMemory(as: UInt8.self, repeating: 0, count: width * size - kept)
    }
    return .recorded(result, from: self) { upstream in
      let gradient = Tensor.zeros([count, columns], dtype: upstream.dtype)
      let size = upstream.dtype.byteSize
      for (i, (row, length)) in zip(rows, lengths).enumerated() {
        (gradient.pointer + row * columns * size).copyMemory(
          from: upstream.pointer + i * width * size, byteCount: Swift.min(length, width) * size)
      }
      return gradient
    }
  }

  /// Each row cut after its first `lengths[i]` entries and filled up with zeros.
  public func rowPrefixes(lengths: [Int]) -> Tensor {
    require(rank == 2, "rowPrefixes: \(shape) is no matrix")
    return gatherRowPrefixes(Array(0..<shape[0]), lengths: lengths, width: shape[1])
  }
}
