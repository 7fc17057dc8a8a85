import JEPATensor

/// Counts of probability integral transforms, one histogram for each coordinate; of fixed size however
/// many rows are counted.
///
/// The PIT of a target among M draws is randomised: (r + u (t + 1)) / (M + 1), with r draws below it, t
/// equal to it and u uniform. It is uniform on [0, 1] if the target is a draw like the others, at any M.
public struct PITHistogram: Sendable, Equatable {
  /// Cells of the fine counts, from which distances are taken; they err by at most 1 / cells.
  static let cells = 1000
  public let dimensions: Int
  private var counts: [UInt32]  // [D, cells]
  public private(set) var rows = 0

  public init(dimensions: Int) {
    self.dimensions = dimensions
    counts = Array(repeating: 0, count: dimensions * Self.cells)
  }

  /// - Parameter values: the PIT of each coordinate of one row, [D].
  mutating func add(_ values: [Double]) {
    require(
      values.count == dimensions, "PITHistogram: \(values.count) of \(dimensions) coordinates")
    for (coordinate, value) in values.enumerated() {
      let cell = min(max(Int(value * Double(Self.cells)), 0), Self.cells - 1)
      counts[coordinate * Self.cells + cell] += 1
    }
    rows += 1
  }

  mutating func add(_ other: PITHistogram) {
    require(
      other.dimensions == dimensions,
      "PITHistogram: \(other.dimensions) coordinates added to \(dimensions)")
    for index in counts.indices { counts[index] += other.counts[index] }
    rows += other.rows
  }

  /// The share of each of `bins` equal bins, over all coordinates: 1 / bins each if calibrated. NaN
  /// without rows.
  public func shares(bins: Int) -> [Double] {
    require(
      bins >= 1 && Self.cells % bins == 0, "PITHistogram: \(bins) bins do not divide \(Self.cells)")
    let width = Self.cells / bins
    let total = Double(rows * dimensions)
    var sums = [Double](repeating: 0, count: bins)
    for (index, count) in counts.enumerated() { sums[index % Self.cells / width] += Double(count) }
    return sums.map { $0 / total }
  }

  /// The greatest |F(u) − u| of the PITs of all coordinates together: what is wrong with most.
  public var kolmogorovDistance: Double {
    var pooled = [UInt64](repeating: 0, count: Self.cells)
    for (index, count) in counts.enumerated() { pooled[index % Self.cells] += UInt64(count) }
    return Self.distance(pooled, total: rows * dimensions)
  }

  /// The same for each coordinate. n independent rows have about 0.87 / √n by chance, rows of few images
  /// more.
  public var kolmogorovDistances: [Double] {
    (0..<dimensions).map { coordinate in
      let range = coordinate * Self.cells..<(coordinate + 1) * Self.cells
      return Self.distance(counts[range], total: rows)
    }
  }

  private static func distance<Counts: Collection>(_ counts: Counts, total: Int) -> Double
  where Counts.Element: BinaryInteger {
    var (passed, largest) = (0.0, 0.0)
    for (cell, count) in counts.enumerated() {
      passed += Double(count)
      let edge = Double(cell + 1) / Double(cells)
      largest = max(largest, abs(passed / Double(total) - edge))
    }
    return total == 0 ? .nan : largest
  }
}
