import CJEPAKernels
import Foundation

/// A smooth function by a cubic in each of 32 equal parts of a range: each takes the function's values at
/// the four Chebyshev nodes of its part, which keeps the error near the least that a cubic can have.
struct PiecewiseCubic: Sendable {
  static let parts = 32

  let range: Range<Double>
  /// [4, parts], float32: coefficients of tᵏ, t ∈ [0, 1) within a part.
  let coefficients: Tensor

  /// - Parameter function: the values at several places.
  init(over range: Range<Double>, of function: ([Double]) -> [Double]) {
    self.range = range
    let width = (range.upperBound - range.lowerBound) / Double(Self.parts)
    let nodes = (0..<4).map { 0.5 - 0.5 * cos(.pi * (Double($0) + 0.5) / 4) }
    let places = (0..<Self.parts).flatMap { part in
      nodes.map { range.lowerBound + width * (Double(part) + $0) }
    }
    let values = function(places)
    var coefficients = [[Double]](repeating: [Double](repeating: 0, count: Self.parts), count: 4)
    for part in 0..<Self.parts {
      let cubic = Self.interpolant(nodes, Array(values[4 * part..<4 * part + 4]))
      for power in 0..<4 { coefficients[power][part] = cubic[power] }
    }
    self.coefficients = Tensor(
      coefficients.flatMap { $0 }, shape: [4, Self.parts], dtype: .float32)
  }

  /// The coefficients of the polynomial through the points, by Newton's divided differences.
  private static func interpolant(_ x: [Double], _ y: [Double]) -> [Double] {
    var differences = y
    for order in 1..<x.count {
      for i in (order..<x.count).reversed() {
        differences[i] = (differences[i] - differences[i - 1]) / (x[i] - x[i - order])
      }
    }
    var result = [Double](repeating: 0, count: x.count)
    for i in (0..<x.count).reversed() {  // result ← result · (t − xᵢ) + differenceᵢ
      for power in (0..<x.count).reversed() {
        result[power] = (power > 0 ? result[power - 1] : 0) - x[i] * result[power]
      }
      result[0] += differences[i]
    }
    return result
  }

  func withKernel<R>(_ body: (UnsafePointer<jk_cubics>) -> R) -> R {
    var kernel = jk_cubics(
      coefficients: UnsafePointer(coefficients.pointer.assumingMemoryBound(to: Float.self)),
      start: Float(range.lowerBound), end: Float(range.upperBound))
    return withExtendedLifetime(coefficients.storage) { withUnsafePointer(to: &kernel, body) }
  }
}
