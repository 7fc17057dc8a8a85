import Foundation
import JEPATensor

/// The numbers of patch rows and columns of an image.
public struct PatchGrid: Sendable, Hashable, CustomStringConvertible {
  public let rows: Int
  public let columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  public var count: Int { rows * columns }
  public var description: String { "\(rows)×\(columns)" }
}

/// Fixed two-dimensional sine-cosine positions.
public enum PositionalEmbedding {
  /// [1, rows · columns, dimensions]: the first half encodes the column, the second the row, each as
  /// sines and then cosines of position / 10000^(i / (dimensions / 4)) — the order of MAE and I-JEPA.
  /// Values are rounded to float32, as the reference stores them.
  public static func sineCosine(
    grid: PatchGrid, dimensions: Int, dtype: DType = .float32
  ) -> Tensor {
    require(
      dimensions % 4 == 0, "PositionalEmbedding: \(dimensions) dimensions are not a multiple of 4")
    let quarter = dimensions / 4
    let frequencies = (0..<quarter).map { 1 / pow(10000, Double($0) / Double(quarter)) }
    var values: [Float] = []
    values.reserveCapacity(grid.count * dimensions)
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        for position in [column, row] {
          values += frequencies.map { Float(sin(Double(position) * $0)) }
          values += frequencies.map { Float(cos(Double(position) * $0)) }
        }
      }
    }
    return Tensor(values, shape: [1, grid.count, dimensions]).cast(to: dtype)
  }

  /// Positions of one grid resampled for another: bicubic with a = −0.75 and half-pixel centres, as
  /// PyTorch's `interpolate(mode="bicubic", align_corners=False)`.
  ///
  /// - Parameter positions: [1, from.count, D].
  /// - Returns: [1, to.count, D].
  public static func interpolated(
    _ positions: Tensor, from: PatchGrid, to: PatchGrid
  ) -> Tensor {
    if from == to { return positions }
    let dimensions = positions.shape[2]
    let dtype = positions.dtype
    let alongRows = resampling(from.rows, to.rows, dtype)  // [to.rows, from.rows]
    let alongColumns = resampling(from.columns, to.columns, dtype)
    let rows = matmul(alongRows, positions.reshaped([from.rows, from.columns * dimensions]))
    let columns = rows.reshaped([to.rows, from.columns, dimensions])
    let operators = alongColumns.expanded(axis: 0).broadcast(
      to: [to.rows, to.columns, from.columns])
    return matmul(operators, columns).reshaped([1, to.count, dimensions])
  }

  /// The matrix that takes samples at `source` points to `target` points.
  private static func resampling(_ source: Int, _ target: Int, _ dtype: DType) -> Tensor {
    var matrix = [Double](repeating: 0, count: target * source)
    let a = -0.75
    func weight(_ distance: Double) -> Double {
      let x = abs(distance)
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
      return 0
    }
    for i in 0..<target {
      let position = (Double(i) + 0.5) * Double(source) / Double(target) - 0.5
      let base = Int(position.rounded(.down))
      for tap in (base - 1)...(base + 2) {
        matrix[i * source + min(max(tap, 0), source - 1)] += weight(position - Double(tap))
      }
    }
    return Tensor(matrix, shape: [target, source], dtype: dtype)
  }
}
