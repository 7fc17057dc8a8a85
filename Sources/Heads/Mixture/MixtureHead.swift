import JEPADensity
import JEPATensor

/// A mixture density network (Bishop 1994, "Mixture density networks"): a network whose outputs are
/// the weights, means and scales of a Gaussian mixture.
///
/// p(y | c) = Σₖ πₖ(c) N(y; μₖ(c), diag σₖ(c)² + Uₖ(c) Uₖ(c)ᵀ), or one such mixture per coordinate; see
/// ``MixtureOptions``.
///
/// ```swift
/// var options = MixtureOptions()
/// options.components = 16
/// let head = MixtureHead(
///   contextDimensions: 96, targetDimensions: 191, options: options, using: &random)
/// let density = head(features).logDensity(of: targets)
/// ```
public struct MixtureHead: DensityPredictor {
  public let options: MixtureOptions
  /// D.
  public let targetDimensions: Int
  /// The hidden layers, the first of them [H, C].
  public var hidden: [Linear]
  /// To [K] weights before softmax, or [K·D] of them.
  public var logits: Linear
  /// To [K·D] means.
  public var means: Linear
  /// To [K·D] logarithms of σ before the floor.
  public var logScales: Linear
  /// To [K·r·D] factors; none at rank 0.
  public var factors: Linear?

  /// The standard deviation of the output layers' weights, as elsewhere in I-JEPA.
  private static let deviation = 0.02

  /// - Parameters:
  ///   - contextDimensions: C; 0 for a density without a condition.
  ///   - targetDimensions: D, at least 1.
  public init(
    contextDimensions: Int, targetDimensions: Int, options: MixtureOptions = .init(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    require(
      contextDimensions >= 0 && targetDimensions >= 1,
      "MixtureHead: \(contextDimensions) context and \(targetDimensions) target dimensions")
    if let problem = options.problem { requirementFailed("MixtureHead: \(problem)") }
    self.options = options
    self.targetDimensions = targetDimensions
    hidden = []
    var width = contextDimensions
    for _ in 0..<(contextDimensions == 0 ? 0 : options.hiddenLayers) {
      hidden.append(
        Linear(
          inputDimensions: width, outputDimensions: options.hiddenDimensions, dtype: dtype,
          using: &random))
      width = options.hiddenDimensions
    }
    let (components, values) = (options.components, options.components * targetDimensions)
    func output(_ count: Int, deviation: Double = Self.deviation) -> Linear {
      Linear(
        inputDimensions: width, outputDimensions: count, deviation: deviation, dtype: dtype,
        using: &random)
    }
    logits = output(options.kind == .vector ? components : values)
    means = output(values)
    means.bias = Self.initialMeans(options, targetDimensions, dtype, using: &random)
    logScales = output(values)
    if options.rank > 0 {
      // At U = 0 its gradient is 0. A factor begins with half the length of a unit scale.
      let scale = 0.5 / Double(targetDimensions).squareRoot()
      var layer = output(values * options.rank, deviation: scale / 10)
      layer.bias =
        .normal([values * options.rank], dtype: .float64, using: &random).cast(to: dtype) * scale
      factors = layer
    }
  }

  /// [K·D]: in each coordinate the K quantiles of a normal distribution, shuffled.
  private static func initialMeans(
    _ options: MixtureOptions, _ dimensions: Int, _ dtype: DType, using random: inout RandomSource
  ) -> Tensor {
    let (count, width) = (options.components, dimensions)
    let shared = options.kind == .vector ? Double(width).squareRoot() : 1
    var values = [Double](repeating: 0, count: count * width)
    for d in 0..<width {
      for (k, place) in random.permutation(count).enumerated() {
        let quantile = NormalDistribution.quantile((Double(place) + 0.5) / Double(count))
        values[k * width + d] = options.initialSpread / shared * quantile
      }
    }
    return Tensor(values, shape: [count * width], dtype: dtype)
  }

  /// [N, C] → a mixture per row.
  public func callAsFunction(_ context: Tensor) -> MixturePrediction {
    var x = context
    for layer in hidden { x = options.activation(layer(x)) }
    let (rows, count, width) = (context.shape[0], options.components, targetDimensions)
    return MixturePrediction(
      logits: logits(x).reshaped([rows, count] + (options.kind == .vector ? [] : [width])),
      means: means(x).reshaped([rows, count, width]),
      logScales: logScales(x).reshaped([rows, count, width]),
      factors: factors?(x).reshaped([rows, count, options.rank, width]),
      minimumScale: options.minimumScale, entropyWeight: options.entropyWeight)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.modules("hidden", &hidden)
    visitor.module("logits", &logits)
    visitor.module("means", &means)
    visitor.module("log_scales", &logScales)
    if var layer = factors {
      factors = nil  // so that the visitor holds the only reference and can write in place
      visitor.module("factors", &layer)
      factors = layer
    }
  }
}
