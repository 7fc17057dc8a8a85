import JEPATensor

/// The draws of one row beside its target, laid out for the scores that need them: sixteen coordinates
/// side by side, so that sixteen are sorted at once. Scratch memory, used row after row by one thread.
///
/// Cost per row for M draws of D coordinates: M²/2 · D for the energy score, D · M log² M for the sorted
/// coordinates.
final class SampleRow {
  typealias Lanes = SIMD16<Float>
  static let width = Lanes.scalarCount

  let count: Int
  let dimensions: Int
  /// ⌈D / 16⌉; coordinates from D on are 0 in draws and target.
  private let blocks: Int
  private let draws: UnsafeMutablePointer<Lanes>  // [M, blocks]
  private let target: UnsafeMutablePointer<Lanes>  // [blocks]
  private let column: UnsafeMutablePointer<Lanes>  // [M], one block of coordinates
  private let network: [SortingNetwork.Comparator]

  /// - Parameters:
  ///   - count: M ≥ 2.
  ///   - dimensions: D ≥ 1.
  init(count: Int, dimensions: Int) {
    require(
      count >= 2 && dimensions >= 1, "SampleRow: \(count) draws of \(dimensions) coordinates")
    self.count = count
    self.dimensions = dimensions
    blocks = (dimensions + Self.width - 1) / Self.width
    draws = .allocate(capacity: count * blocks)
    draws.initialize(repeating: .zero, count: count * blocks)
    target = .allocate(capacity: blocks)
    target.initialize(repeating: .zero, count: blocks)
    column = .allocate(capacity: count)
    column.initialize(repeating: .zero, count: count)
    network = SortingNetwork.comparators(count)
  }

  deinit {
    draws.deallocate()
    target.deallocate()
    column.deallocate()
  }

  /// - Parameters:
  ///   - samples: the row's first draw; the others follow `stride` numbers apart.
  ///   - y: [D].
  func load(samples: UnsafePointer<Float>, stride: Int, target y: UnsafePointer<Float>) {
    for index in 0..<count {
      UnsafeMutableRawPointer(draws + index * blocks)
        .copyMemory(from: samples + index * stride, byteCount: dimensions * 4)
    }
    UnsafeMutableRawPointer(target).copyMemory(from: y, byteCount: dimensions * 4)
  }

  // MARK: Distances

  /// The mean distance ‖x − y‖ of the draws from the target, and ‖x − x′‖ over pairs of draws.
  func meanDistances() -> (toTarget: Double, betweenDraws: Double) {
    var (toTarget, between) = (0.0, 0.0)
    for index in 0..<count {
      let draw = draws + index * blocks
      toTarget += Double(Self.distance(draw, target, blocks))
      for other in 0..<index {
        between += Double(Self.distance(draw, draws + other * blocks, blocks))
      }
    }
    return (toTarget / Double(count), between / Double(count * (count - 1) / 2))
  }

  @inline(__always)
  private static func distance(
    _ a: UnsafePointer<Lanes>, _ b: UnsafePointer<Lanes>, _ blocks: Int
  ) -> Float {
    var squares = Lanes.zero
    for block in 0..<blocks {
      let difference = a[block] - b[block]
      squares += difference * difference
    }
    return squares.sum().squareRoot()
  }

  // MARK: Coordinates

  /// What one coordinate at a time has to say.
  struct CoordinateScores {
    /// Mean over coordinates of the fair CRPS.
    var crps = 0.0
    /// Mean over coordinates of the sample variance (M − 1).
    var variance = 0.0
    /// Mean over coordinates of the width of the central 80 % interval.
    var width80 = 0.0
  }

  /// Scores every coordinate.
  ///
  /// - Parameters:
  ///   - less: filled with how many draws lie below the target, [D].
  ///   - equal: filled with how many equal it, [D].
  func coordinateScores(less: inout [Float], equal: inout [Float]) -> CoordinateScores {
    let m = Float(count)
    let (low, high) = (Self.position(0.1, count), Self.position(0.9, count))
    var sums = (crps: Lanes.zero, variance: Lanes.zero, width: Lanes.zero)
    for block in 0..<blocks {
      // Relative to the target: sums of small numbers keep their digits.
      let y = target[block]
      var (mean, absolute, below, same) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
      for index in 0..<count {
        let z = draws[index * blocks + block] - y
        column[index] = z
        mean += z
        let isBelow = z .< 0
        absolute += z.replacing(with: -z, where: isBelow)
        below += Lanes.zero.replacing(with: Lanes(repeating: 1), where: isBelow)
        same += Lanes.zero.replacing(with: Lanes(repeating: 1), where: z .== 0)
      }
      mean /= m
      sort()
      var (ordered, squares) = (Lanes.zero, Lanes.zero)
      for index in 0..<count {
        let z = column[index]
        ordered += z * Float(2 * index - count + 1)
        squares += (z - mean) * (z - mean)
      }
      // E|X − y| − ½ E|X − X′|, the latter from order statistics, over M (M − 1) pairs.
      sums.crps += absolute / m - ordered / (m * (m - 1))
      sums.variance += squares / (m - 1)
      sums.width += quantile(high) - quantile(low)
      let start = block * Self.width
      for lane in 0..<min(Self.width, dimensions - start) {
        less[start + lane] = below[lane]
        equal[start + lane] = same[lane]
      }
    }
    // Coordinates beyond D are 0 everywhere and add nothing.
    let d = Double(dimensions)
    return CoordinateScores(
      crps: Double(sums.crps.sum()) / d, variance: Double(sums.variance.sum()) / d,
      width80: Double(sums.width.sum()) / d)
  }

  /// Where a quantile lies among M sorted draws: at p (M + 1), so that a new draw of the same
  /// distribution falls below it with probability p; within the draws where those are too few.
  private static func position(_ p: Double, _ count: Int) -> (lower: Int, part: Float) {
    let position = min(max(p * Double(count + 1) - 1, 0), Double(count - 1))
    let lower = min(Int(position), count - 2)
    return (lower, Float(position - Double(lower)))
  }

  private func quantile(_ position: (lower: Int, part: Float)) -> Lanes {
    let lower = column[position.lower]
    return lower + (column[position.lower + 1] - lower) * position.part
  }

  /// Sorts `column`, each lane for itself.
  private func sort() {
    let column = column
    network.withUnsafeBufferPointer { network in
      for comparator in network {
        let (a, b) = (column[Int(comparator.lower)], column[Int(comparator.upper)])
        let inOrder = a .< b
        column[Int(comparator.lower)] = b.replacing(with: a, where: inOrder)
        column[Int(comparator.upper)] = a.replacing(with: b, where: inOrder)
      }
    }
  }
}

/// Batcher's merge exchange for any number of elements (Knuth, The Art of Computer Programming 3,
/// algorithm 5.2.2M): the same comparisons whatever the data, so that lanes are sorted side by side.
enum SortingNetwork {
  struct Comparator {
    let lower: Int32
    let upper: Int32
  }

  /// About n log² n / 4 comparisons.
  static func comparators(_ count: Int) -> [Comparator] {
    guard count > 1 else { return [] }
    var result: [Comparator] = []
    let top = 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount - 1)
    var p = top
    while p > 0 {
      var (q, r, distance) = (top, 0, p)
      while true {
        for index in 0..<max(0, count - distance) where index & p == r {
          result.append(.init(lower: Int32(index), upper: Int32(index + distance)))
        }
        if q == p { break }
        (distance, q, r) = (q - p, q >> 1, p)
      }
      p >>= 1
    }
    return result
  }
}
