import CJEPAKernels

/// One random stream for each row of a batch, so that what a row draws depends on the row alone and not on
/// the rows beside it: a batch can be cut into any number of parts without changing a draw.
///
/// ```swift
/// var noise = RandomRows(count: 64, from: source)
/// let x = noise.normal([64, 192])      // row i is drawn from the stream of row i
/// let u = noise.uniform()              // one number a row
/// ```
///
/// Each draw moves every stream on, as a draw from ``RandomSource`` does.
public struct RandomRows: Sendable {
  /// What all rows of the batch have in common, the rows of its other parts included.
  public var shared: RandomSource
  private var rows: [RandomSource]

  /// - Parameters:
  ///   - rows: the stream of each row.
  ///   - shared: the same for all parts of a batch.
  public init(_ rows: [RandomSource], shared: RandomSource) {
    self.rows = rows
    self.shared = shared
  }

  /// Row i draws from `source.split(i)`.
  public init(count: Int, from source: RandomSource) {
    self.init((0..<count).map { source.split($0) }, shared: source.split("shared"))
  }

  /// The number of rows.
  public var count: Int { rows.count }

  /// Independent streams for `purpose`, row by row.
  public func split(_ purpose: String) -> RandomRows {
    RandomRows(rows.map { $0.split(purpose) }, shared: shared.split(purpose))
  }

  /// One draw per row from [0, 1).
  public mutating func uniform() -> [Double] {
    rows.indices.map { rows[$0].uniform() }
  }

  /// Draws from N(0, 1), in bulk as ``Tensor/gaussianNoise(_:dtype:using:)``.
  ///
  /// - Parameter shape: its first axis is that of the rows.
  public mutating func normal(_ shape: [Int], dtype: DType = .float32) -> Tensor {
    require(shape.first == count, "RandomRows.normal: \(shape) for \(count) rows")
    let result = Tensor(uninitialized: shape, dtype: dtype.accumulation)
    let width = shape.dropFirst().reduce(1, *)
    for row in rows.indices {
      let start = result.pointer + row * width * result.dtype.byteSize
      jk_noise(result.dtype.kernel, rows[row].next(), start, width)
    }
    return result.cast(to: dtype)
  }
}
