import JEPATensor

/// A coupling (Dinh et al. 2017): some coordinates are mapped one by one, with parameters that a
/// network makes from the other coordinates and the context.
///
/// With one coordinate there is nothing to split: it is mapped, and its parameters come from the
/// context alone.
public struct Coupling: Module {
  public var network: ConditionalNetwork
  /// The coordinates that are mapped.
  let transformed: [Int32]
  /// The others.
  let kept: [Int32]
  private let kind: FlowOptions.Coupling
  private let logScaleBound: Double
  private let bins: Int
  private let tailBound: Double

  /// What a network sees of a coordinate grows no further than this, in units of the coordinates
  /// between couplings, whose standard deviations are near 1.
  static let inputBound = 10.0

  init(
    transformed: [Int32], contextDimensions: Int, targetDimensions: Int, options: FlowOptions,
    dtype: DType, using random: inout RandomSource
  ) {
    self.transformed = transformed
    let mapped = Set(transformed)
    kept = (0..<Int32(targetDimensions)).filter { !mapped.contains($0) }
    kind = options.coupling
    logScaleBound = options.logScaleBound
    bins = options.bins
    tailBound = options.tailBound
    let parameters = kind == .affine ? 2 : 3 * bins - 1
    network = ConditionalNetwork(
      inputDimensions: kept.count, contextDimensions: contextDimensions,
      outputDimensions: parameters * transformed.count, options: options, dtype: dtype,
      using: &random)
  }

  /// An affine map of every coordinate by the context alone.
  init(
    conditionalAffine contextDimensions: Int, targetDimensions: Int, options: FlowOptions,
    dtype: DType, using random: inout RandomSource
  ) {
    var affine = options
    affine.coupling = .affine
    affine.logScaleBound = Self.conditionalLogScaleBound
    self.init(
      transformed: Array(0..<Int32(targetDimensions)), contextDimensions: contextDimensions,
      targetDimensions: targetDimensions, options: affine, dtype: dtype, using: &random)
  }

  /// e⁷ ≈ 1,100: the range of scales that the conditional Gaussian may choose from.
  static let conditionalLogScaleBound = 7.0

  /// - Parameters:
  ///   - rows: [..., N, D + 1], the last entry the running log |det|.
  ///   - terms: the network's, from the context.
  func callAsFunction(_ rows: Tensor, terms: [Tensor?], inverse: Bool = false) -> Tensor {
    let input =
      kept.isEmpty ? nil : rows.couplingInput(columns: kept, bound: Self.inputBound)
    let parameters = network(input, terms: terms)
    switch kind {
    case .affine:
      return rows.affineCoupling(
        parameters: parameters, columns: transformed, bound: logScaleBound, inverse: inverse)
    case .spline:
      return rows.splineCoupling(
        parameters: parameters, columns: transformed, bins: bins, tailBound: tailBound,
        inverse: inverse)
    }
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("network", &network)
  }
}
