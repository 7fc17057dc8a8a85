import JEPATensor

/// Who may depend on whom (Germain et al., "MADE: Masked Autoencoder for Distribution Estimation",
/// ICML 2015).
///
/// An ordering puts coordinates into positions 0 ..< D. A hidden unit of degree m depends on the
/// coordinates at positions below m and, in later layers, on units of degree at most m; the parameters
/// at position p depend on units of degree at most p, so on positions below p. Degrees are spread
/// evenly and sorted, so what anything depends on is a prefix: of the positions, or of the units.
/// The context stands before both and belongs to every prefix.
package struct AutoregressiveLayout: Sendable {
  package let contextDimensions: Int
  package let targetDimensions: Int
  /// One per hidden unit, ascending, the same in every layer.
  package let degrees: [Int]
  /// Units of degree at most p, for each position p.
  package let unitsThrough: [Int]
  /// Coordinate by position, for each ordering.
  package let orders: [[Int]]
  /// Position by coordinate, for each ordering.
  package let positions: [[Int]]

  init(contextDimensions: Int, targetDimensions: Int, options: AutoregressiveOptions) {
    require(
      contextDimensions >= 0 && targetDimensions >= 1,
      "AutoregressiveHead: \(contextDimensions) context and \(targetDimensions) target dimensions")
    self.contextDimensions = contextDimensions
    self.targetDimensions = targetDimensions
    // Units of degree 0 see the context alone: without one they would be constants.
    let lowest = contextDimensions == 0 && targetDimensions > 1 ? 1 : 0
    let levels = targetDimensions - lowest
    let degrees = (0..<options.hiddenDimensions).map {
      lowest + $0 * levels / options.hiddenDimensions
    }
    self.degrees = degrees
    unitsThrough = (0..<targetDimensions).map { p in degrees.count { $0 <= p } }
    let random = RandomSource(seed: options.orderSeed).split("orderings")
    orders = (0..<options.orderings).map { index in
      if index == 0 && options.naturalOrder { return Array(0..<targetDimensions) }
      var draws = random.split(index)
      return draws.permutation(targetDimensions)
    }
    positions = orders.map { order in
      var inverse = order
      for (position, coordinate) in order.enumerated() { inverse[coordinate] = position }
      return inverse
    }
  }

  /// The length of each unit's prefix of [context, positions].
  package var inputLengths: [Int] { degrees.map { contextDimensions + $0 } }

  /// The length of each unit's prefix of [context, units].
  package var hiddenLengths: [Int] { degrees.map { contextDimensions + unitsThrough[$0] } }

  /// The length of position p's prefix of [context, units].
  package func outputLength(_ position: Int) -> Int { contextDimensions + unitsThrough[position] }

  /// Positions in blocks of about 64. A block's product leaves out the units none of it depends on.
  package var blocks: [Range<Int>] {
    let count = max(1, (targetDimensions + 32) / 64)
    return (0..<count).map {
      targetDimensions * $0 / count..<targetDimensions * ($0 + 1) / count
    }
  }

  /// The columns of a matrix [R, D], or [R, C + D] with the context's first, from coordinates to the
  /// positions of an ordering.
  package func ordered(_ matrix: Tensor, _ ordering: Int) -> Tensor {
    let order = orders[ordering]
    if order == Array(0..<targetDimensions) { return matrix }
    let lead = matrix.shape[1] - targetDimensions
    return matrix.transposed().gatherRows(Array(0..<lead) + order.map { lead + $0 }).transposed()
  }

  /// Rows of the output layer for the positions `range`: parameter by parameter, [3K, range].
  package func outputRows(_ range: Range<Int>, components: Int, _ ordering: Int) -> [Int] {
    (0..<3 * components).flatMap { parameter in
      range.map { parameter * targetDimensions + orders[ordering][$0] }
    }
  }
}
