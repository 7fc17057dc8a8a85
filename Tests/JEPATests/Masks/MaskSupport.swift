import JEPA

/// The rows and columns a block of patches covers.
struct Extent: Hashable, CustomStringConvertible {
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  /// The rectangle of these patches; nil where they are none, or not each once in rising order.
  init?(_ patches: [Int32], on grid: PatchGrid) {
    let rows = patches.map { Int($0) / grid.columns }
    let columns = patches.map { Int($0) % grid.columns }
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
      let right = columns.max(), bottom < grid.rows
    else { return nil }
    (self.top, self.left) = (top, left)
    (height, width) = (bottom - top + 1, right - left + 1)
    let expected = (top...bottom).flatMap { row in
      (left...right).map { Int32(row * grid.columns + $0) }
    }
    if expected != patches { return nil }
  }

  var size: String { "\(height)×\(width)" }
  var description: String { "\(size) at \(top), \(left)" }
}

extension MaskConfiguration {
  /// The defaults with what a test changes.
  static func with(_ change: (inout MaskConfiguration) -> Void) -> MaskConfiguration {
    var result = MaskConfiguration()
    change(&result)
    return result
  }
}

/// Sizes of blocks by the paper's rule with independent scale and aspect ratio, clamped to the grid;
/// computed from a fine raster of both.
func possibleSizes(
  _ scale: ClosedRange<Double>, _ aspect: ClosedRange<Double>, on grid: PatchGrid
) -> Set<String> {
  var result: Set<String> = []
  for i in 0...300 {
    let part = scale.lowerBound + Double(i) / 300 * (scale.upperBound - scale.lowerBound)
    for j in 0...300 {
      let ratio = aspect.lowerBound + Double(j) / 300 * (aspect.upperBound - aspect.lowerBound)
      let area = (Double(grid.count) * part).rounded(.down)
      let height = min(grid.rows, max(1, Int((area * ratio).squareRoot().rounded())))
      let width = min(grid.columns, max(1, Int((area / ratio).squareRoot().rounded())))
      result.insert("\(height)×\(width)")
    }
  }
  return result
}
