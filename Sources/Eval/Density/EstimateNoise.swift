/// How far random vectors move estimated log-densities, from rows that were estimated twice with independent vectors.
///
/// The two estimates of a row differ by a variance twice that of one.
struct EstimateNoise: Sendable, Equatable {
  private var squares = 0.0
  private var rows = 0

  /// Adds rows, each with its two estimates in nats.
  mutating func add(_ first: [Double], _ second: [Double]) {
    squares += zip(first, second).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    rows += min(first.count, second.count)
  }

  mutating func add(_ other: EstimateNoise) {
    squares += other.squares
    rows += other.rows
  }

  /// The standard deviation of a mean over `count` rows, one estimate each; nil where no row was estimated twice.
  func errorOfMean(rows count: Int) -> Double? {
    rows == 0 || count == 0 ? nil : (squares / 2 / Double(rows) / Double(count)).squareRoot()
  }
}
