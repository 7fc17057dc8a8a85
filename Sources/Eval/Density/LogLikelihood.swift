import JEPA

/// Log-densities of rows, in nats, and what they come to.
public struct LogLikelihood: Sendable, Equatable {
  public typealias Kind = Likelihood.Kind

  /// log p(y | c), one for each row.
  public let values: [Double]
  public let kind: Kind
  /// The standard deviation of ``mean`` over random vectors of the estimates (`EstimatedDensity.traceProbes`); nil
  /// where none decide them.
  public let monteCarloError: Double?

  public init(values: [Double], kind: Kind, monteCarloError: Double? = nil) {
    self.values = values
    self.kind = kind
    self.monteCarloError = monteCarloError
  }

  /// The log-densities that `head` gives `targets` [N, D] under `contexts` [N, C].
  ///
  /// - Parameter random: for estimates; a chunk of rows takes the same draws at any thread count.
  /// - Returns: nil for a head that has a density of neither kind.
  public init?<Head: DensityPredictor>(
    of head: Head, targets: Tensor, contexts: Tensor, random: RandomSource
  ) {
    let rows = targets.shape[0]
    require(
      targets.rank == 2 && contexts.rank == 2 && contexts.shape[0] == rows,
      "LogLikelihood: targets \(targets.shape) with contexts \(contexts.shape)")
    let chunk = 512
    let parts = parallelMap((rows + chunk - 1) / chunk) {
      index -> (Kind, [Double], EstimateNoise)? in
      let range = index * chunk..<min(rows, (index + 1) * chunk)
      let y = targets.slice(axis: 0, range)
      let prediction = head(contexts.slice(axis: 0, range))
      var source = random.split(index)
      guard let found = prediction.likelihood(of: y, using: &source) else { return nil }
      let values = found.logDensity.doubles()
      var noise = EstimateNoise()
      // The first chunk tells enough: a second estimate of all rows would double the cost.
      if index == 0, found.traceProbes != nil {
        var second = random.split("second estimate")
        let again = prediction.likelihood(of: y, using: &second)
        noise.add(values, again?.logDensity.doubles() ?? [])
      }
      return (found.kind, values, noise)
    }
    let found = parts.compactMap(\.self)
    guard found.count == parts.count else { return nil }
    self.init(
      values: found.flatMap(\.1), kind: found.first?.0 ?? .exact,
      monteCarloError: found.first?.2.errorOfMean(rows: rows))
  }

  /// NaN without rows.
  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// The value below which a `fraction` of the rows lie, between neighbours linearly; NaN without
  /// rows. The lowest percentile shows tails that a mean hides.
  public func quantile(_ fraction: Double) -> Double {
    require((0...1).contains(fraction), "LogLikelihood.quantile: fraction \(fraction)")
    return values.sorted().sortedQuantile(fraction)
  }
}

/// The mean of one figure over folds.
public struct FoldMean: Sendable, Equatable, Codable {
  public let mean: Double
  /// Of the mean: the folds' standard deviation (n − 1) over √n; 0 for one fold.
  public let standardError: Double

  public init(_ values: [Double]) {
    require(!values.isEmpty, "FoldMean: no folds")
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardError = count > 1 ? (squares / (count - 1) / count).squareRoot() : 0
  }
}
