import CJEPAKernels

/// A matrix whose columns are independent samples and whose rows are computed one after another, each
/// from the first rows of another block: the activations of an autoregressive network while it draws.
///
/// What a row may depend on is a prefix, contiguous in memory, so products run on it in place. Written
/// by one thread.
package final class ColumnBlock {
  package let rows: Int
  /// A multiple of 32.
  package let columns: Int
  package let dtype: DType
  private let storage: Storage

  /// Zeros.
  package init(rows: Int, columns: Int, dtype: DType) {
    require(
      columns % 32 == 0 && dtype != .bfloat16, "ColumnBlock: \(columns) columns of \(dtype)")
    (self.rows, self.columns, self.dtype) = (rows, columns, dtype)
    storage = Storage(byteCount: rows * columns * dtype.byteSize)
    jk_fill(dtype.kernel, 0, storage.pointer, rows * columns)
  }

  private func pointer(_ row: Int) -> UnsafeMutableRawPointer {
    require(row >= 0 && row <= rows, "ColumnBlock: row \(row) of \(rows)")
    return storage.pointer + row * columns * dtype.byteSize
  }

  /// Copies a tensor [r, n], n ≤ columns, to the rows from `row`; columns beyond n stay.
  package func setRows(from row: Int, _ values: Tensor) {
    require(
      values.rank == 2 && values.dtype == dtype && values.shape[1] <= columns
        && row + values.shape[0] <= rows,
      "ColumnBlock.setRows: \(values.shape) \(values.dtype) at row \(row) of [\(rows), \(columns)]")
    let bytes = values.shape[1] * dtype.byteSize
    for i in 0..<values.shape[0] {
      pointer(row + i).copyMemory(from: values.pointer + i * bytes, byteCount: bytes)
    }
  }

  /// Rows `range` and the first `count` columns: [range.count, count].
  package func tensor(rows range: Range<Int>, columns count: Int) -> Tensor {
    require(
      range.upperBound <= rows && count <= columns,
      "ColumnBlock.tensor: rows \(range), \(count) columns of [\(rows), \(columns)]")
    let result = Tensor(uninitialized: [range.count, count], dtype: dtype)
    let bytes = count * dtype.byteSize
    for (i, row) in range.enumerated() {
      (result.pointer + i * bytes).copyMemory(from: pointer(row), byteCount: bytes)
    }
    return result
  }

  /// Rows `range` = bias + weight · (the first `depth` rows of `source`, from `sourceRow`).
  ///
  /// - Parameters:
  ///   - weight: [R, K] with K ≥ depth; its rows from `weightRow` are read.
  ///   - bias: [R] or none.
  package func setProduct(
    rows range: Range<Int>, weight: Tensor, weightRow: Int, bias: Tensor?, depth: Int,
    of source: ColumnBlock, from sourceRow: Int = 0
  ) {
    require(
      weight.rank == 2 && weight.dtype == dtype && weightRow + range.count <= weight.shape[0]
        && depth <= weight.shape[1] && sourceRow + depth <= source.rows
        && source.columns == columns && range.upperBound <= rows && self !== source
        && (bias.map { $0.shape == [weight.shape[0]] && $0.dtype == dtype } ?? true),
      """
      ColumnBlock.setProduct: rows \(range) of [\(rows), \(columns)] from weight \(weight.shape), \
      row \(weightRow), depth \(depth), source [\(source.rows), \(source.columns)], row \(sourceRow)
      """)
    let (size, stride) = (dtype.byteSize, weight.shape[1])
    jk_prefix_product(
      dtype.kernel, weight.pointer + weightRow * stride * size, stride,
      bias.map { $0.pointer + weightRow * size }, source.pointer(sourceRow),
      pointer(range.lowerBound), range.count, depth, columns)
  }

  /// Rows `range` = activation(the first rows of `values`), plus the same rows of `residual`, if any.
  package func setActivated(
    rows range: Range<Int>, _ activation: Activation, of values: ColumnBlock,
    adding residual: ColumnBlock?
  ) {
    require(
      range.upperBound <= rows && range.count <= values.rows && values.columns == columns,
      "ColumnBlock.setActivated: rows \(range) of [\(rows), \(columns)] from \(values.rows) rows")
    let count = range.count * columns
    guard let residual else {
      jk_unary(
        activation.kernel, dtype.kernel, values.pointer(0), pointer(range.lowerBound), count)
      return
    }
    let activated = Storage(byteCount: count * dtype.byteSize)
    jk_unary(activation.kernel, dtype.kernel, values.pointer(0), activated.pointer, count)
    jk_binary(
      JK_ADD, dtype.kernel, activated.pointer, 1, residual.pointer(range.lowerBound), 1,
      pointer(range.lowerBound), count)
  }

  /// Row `row` = b tanh(x / b) of a row x of `source`, b = `bound`.
  package func setBounded(row: Int, _ bound: Double, of source: ColumnBlock, row sourceRow: Int) {
    require(
      source.columns == columns && source.dtype == dtype && row < rows && sourceRow < source.rows,
      "ColumnBlock.setBounded: row \(row) of \(rows) from row \(sourceRow) of \(source.rows)")
    let (scaled, bounded) = (
      Storage(byteCount: columns * dtype.byteSize), Storage(byteCount: columns * dtype.byteSize)
    )
    let type = dtype.kernel
    jk_affine(type, 1 / bound, 0, source.pointer(sourceRow), scaled.pointer, columns)
    jk_unary(JK_TANH, type, scaled.pointer, bounded.pointer, columns)
    jk_affine(type, bound, 0, bounded.pointer, pointer(row), columns)
  }

  /// Fills both rows of a block of two with numbers uniform in (0, 1): the part `index` of the stream
  /// under `key`.
  package func setUniform(key: UInt64, index: Int) {
    require(rows == 2, "ColumnBlock.setUniform: \(rows) rows, not 2")
    let count = 2 * columns
    jk_open_uniform(dtype.kernel, key, UInt64(index * count), pointer(0), count)
  }

  /// Row `row` = a draw per column from mixtures as in
  /// ``Tensor/coordinateMixtureLogDensity(parameters:component:minimumScale:)``; the same row of
  /// `means`, if any, becomes their expectations.
  ///
  /// - Parameters:
  ///   - parameters: 3K rows: logits, means, raw log-scales.
  ///   - uniform: two rows; the first chooses the component, the second is its quantile.
  ///   - shift: one row added to draws and expectations, or none.
  package func setDraws(
    row: Int, parameters: ColumnBlock, component: MixtureComponent, minimumScale: Double,
    uniform: ColumnBlock, shift: ColumnBlock?, means: (block: ColumnBlock, row: Int)?
  ) {
    require(
      parameters.rows % 3 == 0 && parameters.rows > 0 && uniform.rows == 2
        && parameters.columns == columns && uniform.columns == columns,
      "ColumnBlock.setDraws: parameters [\(parameters.rows), \(parameters.columns)] for \(columns)")
    jk_mixture_draw(
      component.kernel, dtype.kernel, parameters.pointer(0), uniform.pointer(0),
      uniform.pointer(1), shift?.pointer(0), minimumScale, pointer(row),
      means.map { $0.block.pointer($0.row) }, parameters.rows / 3, columns)
  }
}
