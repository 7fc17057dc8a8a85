import JEPATensor

/// A conditional data set whose truth is known: contexts c ~ p(c) and targets y ~ p(y | c), with the
/// density, the entropy and the modes of p(y | c). What a density head is held to before it meets
/// data without a truth.
public protocol ConditionalToy: Sendable {
  /// C.
  var contextDimensions: Int { get }
  /// D.
  var targetDimensions: Int { get }
  /// Per context dimension, the range that holds every context.
  var contextBounds: [ClosedRange<Double>] { get }
  /// Per target dimension, a range that holds all but a negligible part of the targets.
  var targetBounds: [ClosedRange<Double>] { get }
  /// A few contexts that show what the set is about, [R, C] in float64.
  var exampleContexts: Tensor { get }

  /// `count` independent pairs: contexts [count, C] and targets [count, D].
  func sample(_ count: Int, dtype: DType, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)

  /// log p(y | c) in nats, a float64 tensor [N]; −∞ where the density is zero.
  ///
  /// - Parameters:
  ///   - targets: [N, D].
  ///   - contexts: [N, C].
  func logDensity(of targets: Tensor, given contexts: Tensor) -> Tensor

  /// E[−log p(y | c)] over p(c) and p(y | c), in nats. Computed anew at each call; each set says how
  /// exactly.
  func conditionalEntropy() -> Double

  /// The modes of p(y | c) for each row of `contexts` [N, C], in no particular order.
  func modes(given contexts: Tensor) -> [[ToyMode]]

  /// A short name of one context [C], to stand beside a picture: "x = 0.35".
  func label(of context: [Double]) -> String
}

extension ConditionalToy {
  /// `count` independent pairs in float32: contexts [count, C] and targets [count, D].
  public func sample(_ count: Int, using random: inout RandomSource)
    -> (contexts: Tensor, targets: Tensor)
  {
    sample(count, dtype: .float32, using: &random)
  }

  /// The number of rows, after checking both shapes.
  func rows(of targets: Tensor, given contexts: Tensor) -> Int {
    require(
      targets.rank == 2 && contexts.rank == 2 && targets.shape[1] == targetDimensions
        && contexts.shape[1] == contextDimensions && targets.shape[0] == contexts.shape[0],
      """
      logDensity: targets \(targets.shape) given contexts \(contexts.shape), \
      where D is \(targetDimensions) and C is \(contextDimensions)
      """)
    return targets.shape[0]
  }
}
