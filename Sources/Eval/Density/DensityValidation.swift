import JEPA

/// Rows that a head being fitted is judged by.
struct DensityValidation: Sendable {
  private let targets: Tensor
  private let contexts: Tensor
  private let random: RandomSource

  /// Rows evaluated at once.
  private static let chunk = 1024
  /// A loss with random parts is averaged over at least so many rows, each row taken as often as that
  /// needs.
  private static let draws = 4096

  /// - Parameters:
  ///   - targets: [M, D].
  ///   - contexts: [M, C].
  ///   - random: the draws of every evaluation of a loss.
  /// - Returns: nil for zero rows.
  /// - Throws: ``DensityFitError`` for data that are not finite.
  init?(targets: Tensor, contexts: Tensor, random: RandomSource) throws {
    require(
      targets.rank == 2 && contexts.rank == 2 && contexts.shape[0] == targets.shape[0],
      "DensityFit: validation targets \(targets.shape) with contexts \(contexts.shape)")
    if targets.shape[0] == 0 { return nil }
    for (what, tensor) in [("targets", targets), ("contexts", contexts)] where !tensor.isFinite {
      throw DensityFitError.data("validation " + what)
    }
    self.targets = targets.detached()
    self.contexts = contexts.detached()
    self.random = random
  }

  /// Minus the mean exact log-density (nats), or else the mean loss.
  func value<Head: DensityPredictor>(of head: Head, epoch: Int) throws -> Double {
    let rows = targets.shape[0]
    let chunks = (rows + Self.chunk - 1) / Self.chunk
    let sums = parallelMap(chunks) { index -> Double in
      let range = index * Self.chunk..<min(rows, (index + 1) * Self.chunk)
      let y = targets.slice(axis: 0, range)
      let prediction = head(contexts.slice(axis: 0, range))
      var none = random
      if Head.Prediction.likelihoodKind == .exact,
        let exact = prediction.likelihood(of: y, using: &none)
      {
        return -exact.logDensity.doubles().reduce(0, +)
      }
      let repeats = max(1, Self.draws / rows)
      var total = 0.0
      for draw in 0..<repeats {
        var source = random.split(index).split(draw)
        total += prediction.lossPerRow(of: y, using: &source).doubles().reduce(0, +)
      }
      return total / Double(repeats)
    }
    let mean = sums.reduce(0, +) / Double(rows)
    guard mean.isFinite else {
      throw DensityFitError.notFinite(quantity: "validation loss", epoch: epoch)
    }
    return mean
  }
}
