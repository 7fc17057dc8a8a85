import JEPADensity
import JEPATensor

/// A conditional normalizing flow: RealNVP (Dinh et al. 2017) with ActNorm, permutations or learned
/// linear maps between couplings, and rational-quadratic splines (Durkan et al. 2019) as an option.
///
/// log p(y | c) = log N(f(y; c); 0, I) + log |det ∂f/∂y|, with f = couplings ∘ … ∘ conditional affine.
/// Every part starts as the identity, so a new head is N(0, I).
public struct FlowHead: DensityPredictor {
  /// What the head was made with.
  public let options: FlowOptions
  public let targetDimensions: Int
  /// Scale and shift of every coordinate from the context, before all couplings.
  public var affine: Coupling?
  public var steps: [FlowStep]

  /// - Parameters:
  ///   - contextDimensions: C; 0 for an unconditional density.
  ///   - targetDimensions: D ≥ 1.
  public init(
    contextDimensions: Int, targetDimensions: Int, options: FlowOptions = .init(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    require(
      contextDimensions >= 0 && targetDimensions >= 1,
      "FlowHead: \(contextDimensions) context dimensions, \(targetDimensions) target dimensions")
    require(
      options.couplings >= 0 && options.hiddenDimensions >= 1 && options.residualBlocks >= 0
        && options.meanDraws >= 2,
      "FlowHead: options \(options)")
    require(
      options.couplings > 0 || options.conditionalAffine,
      "FlowHead: neither couplings nor a conditional affine layer, so nothing to learn")
    self.options = options
    self.targetDimensions = targetDimensions
    let needsAffine = contextDimensions > 0 || options.couplings == 0
    affine =
      options.conditionalAffine && needsAffine
      ? Coupling(
        conditionalAffine: contextDimensions, targetDimensions: targetDimensions,
        options: options, dtype: dtype, using: &random) : nil
    steps = []
    for index in 0..<options.couplings {
      steps.append(
        FlowStep(
          index: index, contextDimensions: contextDimensions, targetDimensions: targetDimensions,
          options: options, dtype: dtype, using: &random))
    }
  }

  /// [N, C] → a density per row.
  public func callAsFunction(_ context: Tensor) -> FlowPrediction {
    FlowPrediction(head: self, terms: terms(of: context))
  }

  func terms(of context: Tensor) -> ContextTerms {
    require(context.rank == 2, "FlowHead: context \(context.shape) is not [N, C]")
    return ContextTerms(
      rows: context.shape[0], affine: affine?.network.terms(of: context) ?? [],
      steps: steps.map { $0.coupling.network.terms(of: context) })
  }

  /// The type of densities and samples: float32, or float64 for a float64 head.
  var accumulationType: DType {
    (affine?.network.bias ?? steps.first?.norm.shift)?.dtype.accumulation ?? .float32
  }

  /// A head whose ActNorms bring `y` to mean 0 and variance 1 before each coupling (the data-dependent
  /// initialisation of Kingma & Dhariwal 2018). Training works without; for targets that are far from
  /// N(0, I), it starts nearer.
  ///
  /// - Parameters:
  ///   - y: [N, D], a few hundred rows or more; fewer than 2 change nothing.
  ///   - context: [N, C].
  public func initialized(from y: Tensor, context: Tensor) -> FlowHead {
    require(
      y.shape == [context.shape[0], targetDimensions],
      "FlowHead.initialized: targets \(y.shape) for \(context.shape[0]) rows of "
        + "\(targetDimensions)")
    if y.shape[0] < 2 { return self }
    var copy = detached()
    let terms = copy.terms(of: context.detached())
    var rows = Self.rows(y.detached().cast(to: accumulationType))
    if let affine = copy.affine { rows = affine(rows, terms: terms.affine) }
    for index in copy.steps.indices {
      let values = rows.slice(axis: 1, 0..<targetDimensions)
      copy.steps[index].norm = copy.steps[index].norm.fitted(to: values)
      rows = copy.steps[index].linearMap()(rows)
      rows = copy.steps[index].coupling(rows, terms: terms.steps[index])
    }
    return copy
  }

  /// y with a log |det| of 0 beside it: [..., D] → [..., D + 1].
  static func rows(_ y: Tensor) -> Tensor {
    .concatenated([y, .zeros(y.shape.dropLast() + [1], dtype: y.dtype)], axis: -1)
  }

  /// The same head outside any gradient's graph.
  func detached() -> FlowHead {
    var copy = self
    copy.forEachParameter { _, tensor, _ in tensor = tensor.detached() }
    return copy
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.optionalModule("affine", &affine)
    visitor.modules("steps", &steps)
  }
}

/// What every network takes from the context, worked out once.
struct ContextTerms: Sendable {
  /// N.
  var rows: Int
  var affine: [Tensor?]
  var steps: [[Tensor?]]

  /// Those of some rows, outside any gradient's graph.
  func detached(_ range: Range<Int>) -> ContextTerms {
    let part = { (term: Tensor?) -> Tensor? in
      // A term of rank 1 is a bias, the same for every row.
      term.map { $0.rank == 1 ? $0.detached() : $0.detached().slice(axis: 0, range) }
    }
    return ContextTerms(
      rows: range.count, affine: affine.map(part), steps: steps.map { $0.map(part) })
  }
}
