import JEPATensor

/// One step of the flow, as in Glow (Kingma & Dhariwal 2018, table 1): ActNorm, then mixing, then a
/// coupling.
///
/// Rows are [y, log |det|] of D + 1 entries: the running log-determinant rides along as the last one.
public struct FlowStep: Module {
  public var norm: ActNorm
  /// None with permutations only, or of one coordinate.
  public var mixing: TriangularMixing?
  public var coupling: Coupling

  init(
    index: Int, contextDimensions: Int, targetDimensions: Int, options: FlowOptions,
    dtype: DType, using random: inout RandomSource
  ) {
    norm = ActNorm(dimensions: targetDimensions, dtype: dtype)
    mixing =
      options.mixing == .lu && targetDimensions > 1
      ? TriangularMixing(dimensions: targetDimensions, dtype: dtype) : nil
    coupling = Coupling(
      transformed: options.transformedColumns(of: index, dimensions: targetDimensions),
      contextDimensions: contextDimensions, targetDimensions: targetDimensions, options: options,
      dtype: dtype, using: &random)
  }

  /// ActNorm and mixing as one map of the rows.
  func linearMap() -> RowMap {
    let (scale, shift) = (norm.logScale.exp(), norm.shift)
    let logDeterminant = norm.logScale.sum().reshaped([1])
    guard let mixing else {
      return RowMap(
        scale: .concatenated([scale, .ones([1], dtype: scale.dtype)], axis: 0),
        shift: .concatenated([shift, logDeterminant], axis: 0))
    }
    let matrix = mixing.matrix
    let shifted = matmul(matrix, shift.expanded(axis: 1)).reshaped(shift.shape)
    let mixed = logDeterminant + mixing.logDiagonal.sum().reshaped([1])
    return RowMap(
      matrix: matrix * scale, shift: .concatenated([shifted, mixed], axis: 0))
  }

  /// The inverse of ``linearMap()``, worked out in float64 and given in the parameters' type.
  func inverseLinearMap() -> RowMap {
    let dtype = norm.logScale.dtype
    let logScale = norm.logScale.detached().cast(to: .float64)
    let shift = norm.shift.detached().cast(to: .float64)
    let shrink = (-logScale).exp()
    var logDeterminant = -logScale.sum().reshaped([1])
    let back = -(shift * shrink)
    guard let mixing else {
      let map = RowMap(
        scale: .concatenated([shrink, .ones([1], dtype: .float64)], axis: 0),
        shift: .concatenated([back, logDeterminant], axis: 0))
      return map.cast(to: dtype)
    }
    logDeterminant =
      logDeterminant - mixing.logDiagonal.detached().cast(to: .float64).sum().reshaped([1])
    return RowMap(
      matrix: mixing.inverse * shrink.expanded(axis: 1),
      shift: .concatenated([back, logDeterminant], axis: 0)
    ).cast(to: dtype)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("norm", &norm)
    visitor.optionalModule("mixing", &mixing)
    visitor.module("coupling", &coupling)
  }
}

/// An affine map of rows [..., D + 1]: scale ∘ row + shift, or W row + shift, where the map leaves the
/// last entry, the running log |det|, but for adding its own.
struct RowMap {
  /// [D + 1], or nil where there is a matrix.
  private var scale: Tensor?
  /// [D + 1, D + 1].
  private var matrix: Tensor?
  /// [D + 1].
  private var shift: Tensor

  init(scale: Tensor, shift: Tensor) {
    self.scale = scale
    self.shift = shift
  }

  /// - Parameter matrix: [D, D].
  init(matrix: Tensor, shift: Tensor) {
    let d = matrix.shape[0]
    let right = Tensor.concatenated([matrix, .zeros([d, 1], dtype: matrix.dtype)], axis: 1)
    let last = (0...d).map { $0 == d ? 1.0 : 0.0 }
    self.matrix = .concatenated(
      [right, Tensor(last, shape: [1, d + 1], dtype: matrix.dtype)], axis: 0)
    self.shift = shift
  }

  func cast(to dtype: DType) -> RowMap {
    var copy = self
    copy.scale = scale?.cast(to: dtype)
    copy.matrix = matrix?.cast(to: dtype)
    copy.shift = shift.cast(to: dtype)
    return copy
  }

  func callAsFunction(_ rows: Tensor) -> Tensor {
    if let matrix { return linear(rows, weight: matrix, bias: shift) }
    if let scale { return rows * scale + shift }
    return rows + shift
  }
}
