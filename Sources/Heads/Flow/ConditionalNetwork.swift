import JEPATensor

/// The residual network behind a map's parameters. The context enters the first layer and every block;
/// the last layer starts at 0, so that the map starts as the identity.
///
/// h = W x + V c + b; per block h += fc2(gelu(fc1(gelu(h)) + U c)); parameters = output(gelu(h)).
public struct ConditionalNetwork: Module {
  /// [H, inputs], or none where the network reads the context only.
  public var input: Linear?
  /// [H, C], or none without context.
  public var context: Linear?
  /// [H].
  public var bias: Tensor
  public var blocks: [ConditionalBlock]
  /// [outputs, H], zeros at first.
  public var output: Linear

  init(
    inputDimensions: Int, contextDimensions: Int, outputDimensions: Int, options: FlowOptions,
    dtype: DType, using random: inout RandomSource
  ) {
    let hidden = options.hiddenDimensions
    input = Self.linear(inputDimensions, hidden, dtype, &random)
    context = Self.linear(contextDimensions, hidden, dtype, &random)
    bias = .zeros([hidden], dtype: dtype)
    blocks = []
    for _ in 0..<options.residualBlocks {
      blocks.append(
        ConditionalBlock(
          dimensions: hidden, contextDimensions: contextDimensions, dtype: dtype, using: &random))
    }
    output = Linear(zeros: hidden, outputDimensions, dtype: dtype)
  }

  /// A layer without bias, or none of no inputs.
  static func linear(
    _ inputs: Int, _ outputs: Int, _ dtype: DType, _ random: inout RandomSource
  ) -> Linear? {
    inputs == 0
      ? nil
      : Linear(
        inputDimensions: inputs, outputDimensions: outputs, bias: false, dtype: dtype,
        using: &random)
  }

  /// All that the network takes from the context [N, C]: for the first layer [N, H] ([H] without
  /// context), then for each block [N, H] or none.
  func terms(of context: Tensor) -> [Tensor?] {
    let first =
      self.context.map { JEPATensor.linear(context, weight: $0.weight, bias: bias) } ?? bias
    return [first] + blocks.map { block in block.context.map { $0(context) } }
  }

  /// - Parameters:
  ///   - x: [..., N, inputs]; nil where the network has no input.
  ///   - terms: from ``terms(of:)``.
  /// - Returns: [..., N, outputs]; [outputs] where there is neither input nor context.
  func callAsFunction(_ x: Tensor?, terms: [Tensor?]) -> Tensor {
    var h = terms[0] ?? bias
    if let x, let input { h = input(x) + h }
    h = h.cast(to: h.dtype.accumulation)
    for (block, term) in zip(blocks, terms.dropFirst()) { h = block(h, term: term) }
    return output(h.gelu())
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.optionalModule("input", &input)
    visitor.optionalModule("context", &context)
    visitor.parameter("bias", &bias)
    visitor.modules("blocks", &blocks)
    visitor.module("output", &output)
  }
}

/// h + fc2(gelu(fc1(gelu(h)) + U c)).
public struct ConditionalBlock: Module {
  /// [H, C], or none without context.
  public var context: Linear?
  public var fc1: Linear
  public var fc2: Linear

  init(
    dimensions: Int, contextDimensions: Int, dtype: DType, using random: inout RandomSource
  ) {
    context = ConditionalNetwork.linear(contextDimensions, dimensions, dtype, &random)
    fc1 = Linear(
      inputDimensions: dimensions, outputDimensions: dimensions, dtype: dtype, using: &random)
    fc2 = Linear(
      inputDimensions: dimensions, outputDimensions: dimensions, dtype: dtype, using: &random)
  }

  /// - Parameters:
  ///   - h: [..., N, H].
  ///   - term: U c, [N, H].
  func callAsFunction(_ h: Tensor, term: Tensor?) -> Tensor {
    var inner = fc1(h.gelu())
    if let term { inner = inner + term }
    return h + fc2(inner.gelu())
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.optionalModule("context", &context)
    visitor.module("fc1", &fc1)
    visitor.module("fc2", &fc2)
  }
}

extension ModuleVisitor {
  /// A child that may be absent.
  mutating func optionalModule<M: Module>(_ name: String, _ module: inout M?) {
    guard var value = module else { return }
    module = nil  // so that the visitor holds the only reference and can write in place
    self.module(name, &value)
    module = value
  }
}
