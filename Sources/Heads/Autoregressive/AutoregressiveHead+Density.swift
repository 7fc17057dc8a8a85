import Foundation
import JEPATensor

extension AutoregressiveHead {
  /// The mixtures of one block of positions.
  package struct BlockParameters {
    package let positions: Range<Int>
    /// [N, 3, K, positions], in the weights' type.
    package let values: Tensor
  }

  /// Every position's mixture, given all coordinates.
  ///
  /// - Parameters:
  ///   - y: [N, D] by position.
  ///   - context: [N, C] in the weights' type.
  package func parameters(of y: Tensor, context: Tensor, _ ordering: Int) -> [BlockParameters] {
    let type = out.weight.dtype
    func beside(_ x: Tensor) -> Tensor {
      layout.contextDimensions == 0 ? x : Tensor.concatenated([context, x], axis: 1)
    }
    let seen = (y / options.inputBound).tanh() * options.inputBound
    var weight = layout.ordered(layers[0].weight, ordering)
      .rowPrefixes(lengths: layout.inputLengths)
    var hidden = options.activation(
      linear(beside(seen.cast(to: type)), weight: weight, bias: layers[0].bias))  // [N, H]
    for layer in layers.dropFirst() {
      weight = layer.weight.rowPrefixes(lengths: layout.hiddenLengths)
      let change = options.activation(linear(beside(hidden), weight: weight, bias: layer.bias))
      hidden = options.residual ? hidden + change : change
    }
    let features = beside(hidden)  // [N, C + H]
    let (rows, components) = (y.shape[0], options.components)
    return layout.blocks.map { block in
      let indices = layout.outputRows(block, components: components, ordering)
      let lengths = block.map { layout.outputLength($0) }
      let width = layout.outputLength(block.upperBound - 1)
      let weight = out.weight.gatherRowPrefixes(
        indices, lengths: (0..<3 * components).flatMap { _ in lengths }, width: width)
      let values = linear(
        features.slice(axis: 1, 0..<width), weight: weight, bias: out.bias?.gatherRows(indices))
      return BlockParameters(
        positions: block, values: values.reshaped([rows, 3, components, block.count]))
    }
  }

  /// The linear part of the means at each position: [N, D].
  package func shifts(of y: Tensor, _ ordering: Int) -> Tensor? {
    shift.map { shift in
      let weight = layout.ordered(shift, ordering).gatherRowPrefixes(
        layout.orders[ordering], lengths: Array(0..<layout.targetDimensions),
        width: layout.targetDimensions)
      return linear(y, weight: weight, bias: nil).cast(to: y.dtype)
    }
  }

  /// log p(y | c) under one ordering: [N].
  ///
  /// - Parameter y: [N, D] by coordinate.
  func logDensity(of y: Tensor, context: Tensor, _ ordering: Int) -> Tensor {
    require(
      y.shape == [context.shape[0], layout.targetDimensions]
        && y.dtype == context.dtype.accumulation,
      """
      AutoregressivePrediction: targets \(y.shape) \(y.dtype) for context \(context.shape) \
      \(context.dtype) and \(layout.targetDimensions) target dimensions
      """)
    let y = layout.ordered(y, ordering)
    let residual = shifts(of: y, ordering).map { y - $0 } ?? y
    var total: Tensor?
    for block in parameters(of: y, context: context, ordering) {
      let part = residual.slice(axis: 1, block.positions)
        .coordinateMixtureLogDensity(
          parameters: block.values, component: options.component,
          minimumScale: options.minimumScale
        ).sum(axis: 1)
      total = total.map { $0 + part } ?? part
    }
    return total ?? .zeros([y.shape[0]], dtype: y.dtype)
  }
}
