/// y = x Wᵀ + b.
public struct Linear: Module {
  /// [out, in].
  public var weight: Tensor
  /// [out] or none.
  public var bias: Tensor?

  /// - Parameters:
  ///   - deviation: the standard deviation of the weights, drawn from a normal distribution truncated
  ///     at ±2; 1/√in unless given.
  ///   - biasDeviation: the standard deviation of the biases, drawn from a normal distribution; 0 for
  ///     biases that start at 0. Of few inputs a layer wants some: without biases all its units bend
  ///     where the inputs are 0. With the weights' own 1/√in they bend all over inputs of unit
  ///     variance.
  public init(
    inputDimensions: Int, outputDimensions: Int, bias: Bool = true, deviation: Double? = nil,
    biasDeviation: Double = 0, dtype: DType = .float32, using random: inout RandomSource
  ) {
    let deviation = deviation ?? Self.deviation(forInputs: inputDimensions)
    weight = .truncatedNormal(
      [outputDimensions, inputDimensions], deviation: deviation, dtype: dtype, using: &random)
    guard bias else { return }
    self.bias =
      biasDeviation > 0
      ? .normal([outputDimensions], dtype: .float64, using: &random).cast(to: dtype) * biasDeviation
      : .zeros([outputDimensions], dtype: dtype)
  }

  /// The usual deviation of weights of `inputs` inputs, 1/√in, under which a layer keeps its inputs'
  /// variance; and of its biases, where they are to matter as much as one input.
  public static func deviation(forInputs inputs: Int) -> Double {
    1 / Double(max(inputs, 1)).squareRoot()
  }

  /// A layer of zeros, for outputs that must start as if absent.
  public init(
    zeros inputDimensions: Int, _ outputDimensions: Int, bias: Bool = true,
    dtype: DType = .float32
  ) {
    weight = .zeros([outputDimensions, inputDimensions], dtype: dtype)
    self.bias = bias ? .zeros([outputDimensions], dtype: dtype) : nil
  }

  /// [..., in] → [..., out].
  public func callAsFunction(_ x: Tensor) -> Tensor { linear(x, weight: weight, bias: bias) }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("weight", &weight)
    visitor.parameter("bias", &bias)
  }
}

/// Layer normalisation over the last axis with a learned scale and shift.
public struct LayerNorm: Module {
  public var weight: Tensor
  public var bias: Tensor
  public var epsilon: Double

  public init(dimensions: Int, epsilon: Double = 1e-6, dtype: DType = .float32) {
    weight = .ones([dimensions], dtype: dtype)
    bias = .zeros([dimensions], dtype: dtype)
    self.epsilon = epsilon
  }

  /// [..., D] → [..., D], in `outputType` where given.
  public func callAsFunction(_ x: Tensor, outputType: DType? = nil) -> Tensor {
    x.layerNorm(weight: weight, bias: bias, epsilon: epsilon, outputType: outputType)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("weight", &weight)
    visitor.parameter("bias", &bias)
  }
}

/// Two linear layers with GELU between: fc2(gelu(fc1(x))).
public struct MLP: Module {
  public var fc1: Linear
  public var fc2: Linear

  public init(
    dimensions: Int, hiddenDimensions: Int, outputDimensions: Int? = nil, deviation: Double? = nil,
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    fc1 = Linear(
      inputDimensions: dimensions, outputDimensions: hiddenDimensions, deviation: deviation,
      dtype: dtype, using: &random)
    fc2 = Linear(
      inputDimensions: hiddenDimensions, outputDimensions: outputDimensions ?? dimensions,
      deviation: deviation, dtype: dtype, using: &random)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { fc2(fc1(x).gelu()) }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("fc1", &fc1)
    visitor.module("fc2", &fc2)
  }
}

/// A table of vectors by index.
public struct Embedding: Module {
  /// [count, D].
  public var weight: Tensor

  public init(
    count: Int, dimensions: Int, deviation: Double = 0.02, dtype: DType = .float32,
    using random: inout RandomSource
  ) {
    weight = .truncatedNormal(
      [count, dimensions], deviation: deviation, dtype: dtype, using: &random)
  }

  /// [N] indices → [N, D].
  public func callAsFunction(_ indices: [Int]) -> Tensor { weight.gatherRows(indices) }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("weight", &weight)
  }
}
