import JEPADensity
import JEPATensor

public struct LaplaceOptions: HeadOptions {
  public var hiddenDimensions = 64
  public var minimumLogScale = -6.0
  public init() {}

  public static let fields: [ConfigurationField<Self>] = [
    .init("hidden_dimensions", \.hiddenDimensions, .atLeast(1), "width of the hidden layer"),
    .init(
      "minimum_log_scale", \.minimumLogScale, .within(-20...0), "smallest logarithm of a scale"),
  ]
}

/// Independent Laplace distributions: tails that a Gaussian does not have.
public struct LaplaceHead: ConfigurableHead {
  public typealias Options = LaplaceOptions
  public static let name = "laplace"
  public static let summary = "One Laplace distribution for each coordinate."

  let options: LaplaceOptions
  var hidden: Linear
  var mean: Linear
  var logScale: Linear

  public init(
    contextDimensions: Int, targetDimensions: Int, options: LaplaceOptions = .init(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    self.options = options
    func layer(_ inputs: Int, _ outputs: Int) -> Linear {
      Linear(inputDimensions: inputs, outputDimensions: outputs, dtype: dtype, using: &random)
    }
    hidden = layer(contextDimensions, options.hiddenDimensions)
    mean = layer(options.hiddenDimensions, targetDimensions)
    logScale = layer(options.hiddenDimensions, targetDimensions)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("hidden", &hidden)
    visitor.module("mean", &mean)
    visitor.module("log_scale", &logScale)
  }

  public func callAsFunction(_ context: Tensor) -> LaplacePrediction {
    let wide = context.dtype.accumulation
    let h = hidden(context).gelu()
    let floor = Tensor(options.minimumLogScale, dtype: wide)
    return LaplacePrediction(
      mean: mean(h).cast(to: wide), logScale: .maximum(logScale(h).cast(to: wide), floor))
  }
}

public struct LaplacePrediction: ExactDensity {
  public let mean: Tensor
  public let logScale: Tensor

  public func logDensity(of y: Tensor) -> Tensor {
    laplaceLogDensity(of: y, mean: mean, logScale: logScale)
  }

  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }

  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let u = Tensor.uniform([count] + mean.shape, in: -0.5..<0.5, dtype: mean.dtype, using: &random)
    let size = (1 - u.absolute() * 2).clamped(1e-30, 1).log()
    return mean.detached() - u.sign() * size * logScale.detached().exp()
  }

  public func mean(using random: inout RandomSource) -> Tensor { mean.detached() }
}
