import Foundation
import JEPATensor

/// A toy in units of the standard deviation around the mean, contexts and targets each, which is how
/// most heads like their data.
///
/// Densities and the entropy are those of the standardised targets: log p(z | c) = log p(y | x) +
/// Σ log sᵢ, so that a distance in nats between two densities stays what it was. Coordinates of
/// contexts that are one-hot are best left alone: see `contexts`.
public struct StandardizedToy<Base: ConditionalToy>: ConditionalToy {
  public let base: Base
  private let contextScale: Scale
  private let targetScale: Scale

  /// Mean and deviation are those of 20,000 draws with a fixed seed.
  ///
  /// - Parameter contexts: Whether contexts are standardised too.
  public init(_ base: Base, contexts: Bool = true) {
    self.base = base
    var random = RandomSource(seed: 0).split("StandardizedToy")
    let draws = base.sample(20_000, dtype: .float64, using: &random)
    contextScale = contexts ? Scale(of: draws.contexts) : Scale(dimensions: base.contextDimensions)
    targetScale = Scale(of: draws.targets)
  }

  public var contextDimensions: Int { base.contextDimensions }
  public var targetDimensions: Int { base.targetDimensions }
  public var contextBounds: [ClosedRange<Double>] { contextScale.bounds(base.contextBounds) }
  public var targetBounds: [ClosedRange<Double>] { targetScale.bounds(base.targetBounds) }
  public var exampleContexts: Tensor { contextScale.standardized(base.exampleContexts) }

  /// In the original units.
  public func label(of context: [Double]) -> String {
    let row = Tensor(context, shape: [1, context.count])
    return base.label(of: contextScale.original(row).doubles())
  }

  public func sample(_ count: Int, dtype: DType, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)
  {
    let draws = base.sample(count, dtype: .float64, using: &random)
    return (
      contextScale.standardized(draws.contexts).cast(to: dtype),
      targetScale.standardized(draws.targets).cast(to: dtype)
    )
  }

  public func logDensity(of targets: Tensor, given contexts: Tensor) -> Tensor {
    base.logDensity(
      of: targetScale.original(targets), given: contextScale.original(contexts))
      + targetScale.logDeterminant
  }

  public func conditionalEntropy() -> Double {
    base.conditionalEntropy() - targetScale.logDeterminant
  }

  /// The base's modes; their radii shrink with the largest deviation, so that none claims more than
  /// it did.
  public func modes(given contexts: Tensor) -> [[ToyMode]] {
    base.modes(given: contextScale.original(contexts)).map { modes in
      modes.map { mode in
        ToyMode(
          ridge: mode.ridge.map(targetScale.standardized), weight: mode.weight,
          radius: mode.radius / (targetScale.deviations.max() ?? 1))
      }
    }
  }
}

/// Per column, what to subtract and to divide by.
private struct Scale: Sendable {
  let means: [Double]
  let deviations: [Double]

  init(dimensions: Int) {
    means = Array(repeating: 0, count: dimensions)
    deviations = Array(repeating: 1, count: dimensions)
  }

  init(of table: Tensor) {
    means = table.mean(axis: 0).doubles()
    deviations = table.variance(axis: 0).squareRoot().doubles()
  }

  /// Σ log s.
  var logDeterminant: Double { deviations.reduce(0) { $0 + log($1) } }

  func standardized(_ point: [Double]) -> [Double] {
    point.indices.map { (point[$0] - means[$0]) / deviations[$0] }
  }

  func standardized(_ table: Tensor) -> Tensor {
    (table.cast(to: .float64) - Tensor(means, shape: [means.count]))
      / Tensor(deviations, shape: [means.count])
  }

  func original(_ table: Tensor) -> Tensor {
    table.cast(to: .float64) * Tensor(deviations, shape: [means.count])
      + Tensor(means, shape: [means.count])
  }

  func bounds(_ bounds: [ClosedRange<Double>]) -> [ClosedRange<Double>] {
    bounds.enumerated().map { index, range in
      let (mean, deviation) = (means[index], deviations[index])
      return (range.lowerBound - mean) / deviation...(range.upperBound - mean) / deviation
    }
  }
}
