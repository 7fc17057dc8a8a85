import Foundation
import JEPATensor

/// One heat map: values on a grid over a rectangle, with marks on top.
public struct DensityPanel: Sendable {
  public var title: String
  /// What the axes show; may be empty.
  public var horizontalLabel = ""
  public var verticalLabel = ""
  public let horizontal: ClosedRange<Double>
  public let vertical: ClosedRange<Double>
  /// Cells along each axis.
  public let columns: Int
  public let rows: Int
  /// Values at the cells' midpoints, `rows * columns` of them: from the lowest row up, each from the
  /// left.
  public let values: [Double]
  /// Points to mark, modes for instance.
  public var marks: [(x: Double, y: Double)] = []
  /// Lines to draw on top.
  public var curves: [[(x: Double, y: Double)]] = []

  public init(
    title: String, horizontal: ClosedRange<Double>, vertical: ClosedRange<Double>, columns: Int,
    rows: Int, values: [Double]
  ) {
    require(
      columns > 0 && rows > 0 && values.count == columns * rows,
      "DensityPanel: \(values.count) values for \(columns) columns and \(rows) rows")
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.columns = columns
    self.rows = rows
    self.values = values
  }

  /// The value at a place given as parts of the width and the height, interpolated between midpoints.
  func value(atPartX partX: Double, partY: Double) -> Double {
    let x = min(max(partX * Double(columns) - 0.5, 0), Double(columns - 1))
    let y = min(max(partY * Double(rows) - 0.5, 0), Double(rows - 1))
    let (left, bottom) = (Int(x), Int(y))
    let (right, top) = (min(left + 1, columns - 1), min(bottom + 1, rows - 1))
    let (fx, fy) = (x - Double(left), y - Double(bottom))
    let low = values[bottom * columns + left] * (1 - fx) + values[bottom * columns + right] * fx
    let high = values[top * columns + left] * (1 - fx) + values[top * columns + right] * fx
    return low * (1 - fy) + high * fy
  }
}

/// Round numbers along an axis.
package enum AxisTicks {
  /// Multiples of 1, 2 or 5 times a power of ten within `range`, about `count` of them.
  package static func values(in range: ClosedRange<Double>, count: Int) -> [Double] {
    let length = range.upperBound - range.lowerBound
    guard length > 0, length.isFinite, count > 0 else { return [] }
    let rough = length / Double(count)
    let power = pow(10, floor(log10(rough)))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return first > last ? [] : stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// The values with as many decimals as their spacing needs.
  package static func labels(_ values: [Double]) -> [String] {
    let step = values.count > 1 ? abs(values[1] - values[0]) : abs(values.first ?? 1)
    let decimals = step > 0 ? max(0, Int(-floor(log10(step * 1.0001)))) : 0
    return values.map { value in
      let text = String(format: "%.\(decimals)f", abs(value))
      let isZero = !text.contains { "123456789".contains($0) }
      return value < 0 && !isZero ? "−" + text : text
    }
  }
}
