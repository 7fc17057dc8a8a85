import Foundation
import JEPADensity
import JEPATensor

/// A neural autoregressive density p(y | c) = Πₚ p(y_{o(p)} | y_{o(0)}, …, y_{o(p−1)}, c): each factor
/// a mixture whose parameters a masked network gives for all coordinates in one pass.
///
/// Masks as in MADE (Germain et al. 2015), mixtures of Gaussian, logistic or Laplace components as in
/// RNADE (Uria, Murray & Larochelle, "RNADE: The real-valued neural autoregressive density-estimator",
/// NIPS 2013). The context enters every layer. With several orderings o the weights are shared, and the
/// density is the mean of the orderings' densities.
public struct AutoregressiveHead: DensityPredictor {
  /// The hidden layers: the first [H, C + D], later ones [H, C + H], the context's columns first and
  /// the coordinates in their own order. Entries beyond a unit's mask are not read.
  public var layers: [Linear]
  /// Logits, means and raw log-scales, [3 K D, C + H]; row (j K + k) D + d belongs to parameter j of
  /// component k of coordinate d.
  public var out: Linear
  /// The linear part of the means, [D, D], by coordinates; entries beyond the mask are not read.
  /// None without `linearShift`, and for one coordinate.
  public var shift: Tensor?
  public let options: AutoregressiveOptions
  package let layout: AutoregressiveLayout

  public init(
    contextDimensions: Int, targetDimensions: Int, options: AutoregressiveOptions = .init(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    options.check()
    let layout = AutoregressiveLayout(
      contextDimensions: contextDimensions, targetDimensions: targetDimensions, options: options)
    self.options = options
    self.layout = layout
    let (context, target, width) = (contextDimensions, targetDimensions, options.hiddenDimensions)
    layers = (0..<options.hiddenLayers).map { index in
      var draws = random.split("layers").split(index)
      return Self.hiddenLayer(
        inputs: context + (index == 0 ? target : width),
        lengths: index == 0 ? layout.inputLengths : layout.hiddenLengths, dtype: dtype,
        using: &draws)
    }
    var draws = random.split("out")
    out = Self.outputLayer(layout, options, dtype: dtype, using: &draws)
    shift = options.linearShift && target > 1 ? .zeros([target, target], dtype: dtype) : nil
    _ = random.next()
  }

  /// [N, C] → a density per row.
  public func callAsFunction(_ context: Tensor) -> AutoregressivePrediction {
    require(
      context.rank == 2 && context.shape[1] == layout.contextDimensions,
      "AutoregressiveHead: context \(context.shape), [N, \(layout.contextDimensions)] wanted")
    return AutoregressivePrediction(head: self, context: context.cast(to: out.weight.dtype))
  }

  /// The coordinates by position, for each ordering.
  public var orders: [[Int]] { layout.orders }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.modules("layers", &layers)
    visitor.module("out", &out)
    visitor.parameter("shift.weight", &shift)
  }

  /// Weights of variance 1 / (what the unit sees), biases uniform within the same deviation.
  private static func hiddenLayer(
    inputs: Int, lengths: [Int], dtype: DType, using random: inout RandomSource
  ) -> Linear {
    var layer = Linear(zeros: inputs, lengths.count, dtype: dtype)
    let scales = Tensor(
      lengths.map { 1 / Double(max($0, 1)).squareRoot() }, shape: [lengths.count], dtype: dtype)
    layer.weight =
      Tensor.normal([lengths.count, inputs], dtype: dtype, using: &random)
      * scales.expanded(axis: 1)
    layer.bias = (Tensor.uniform([lengths.count], dtype: dtype, using: &random) * 2 - 1) * scales
    return layer
  }

  /// Small weights around equal components but for their means, which stand at the quantiles of
  /// N(0, 1), and scales of about 1.
  private static func outputLayer(
    _ layout: AutoregressiveLayout, _ options: AutoregressiveOptions, dtype: DType,
    using random: inout RandomSource
  ) -> Linear {
    let (target, components) = (layout.targetDimensions, options.components)
    let inputs = layout.contextDimensions + options.hiddenDimensions
    var layer = Linear(zeros: inputs, 3 * components * target, dtype: dtype)
    let scales = (0..<3 * components * target).map { row in
      0.1 / Double(max(layout.outputLength(layout.positions[0][row % target]), 1)).squareRoot()
    }
    layer.weight =
      Tensor.normal([scales.count, inputs], dtype: dtype, using: &random)
      * Tensor(scales, shape: [scales.count, 1], dtype: dtype)
    let means = (0..<components).map {
      NormalDistribution.quantile((Double($0) + 0.5) / Double(components))
    }
    let bias =
      [Double](repeating: 0, count: components) + means
      + [Double](repeating: 0, count: components)
    layer.bias = Tensor(
      bias.flatMap { [Double](repeating: $0, count: target) }, shape: [scales.count], dtype: dtype)
    return layer
  }
}
