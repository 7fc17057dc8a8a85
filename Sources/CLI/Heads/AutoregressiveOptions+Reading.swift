import JEPA
import JEPAAutoregressive
import JEPATensor

extension AutoregressiveOptions: ReadableOptions {
  /// Reads the autoregressive head's options from a configuration's `head` section.
  /// - Throws: `ConfigurationError` for a value of another type or range.
  init(reading options: inout HeadOptionReader, defaults: Self) throws {
    self = defaults
    hiddenLayers = try options.integer("hidden_layers", default: hiddenLayers, atLeast: 1)
    hiddenDimensions = try options.integer(
      "hidden_dimensions", default: hiddenDimensions, atLeast: 1)
    components = try options.integer("components", default: components, atLeast: 1)
    component = try options.choice("component", default: component)
    activation = try options.choice("activation", default: activation)
    residual = try options.boolean("residual", default: residual)
    linearShift = try options.boolean("linear_shift", default: linearShift)
    orderings = try options.integer("orderings", default: orderings, atLeast: 1)
    naturalOrder = try options.boolean("natural_order", default: naturalOrder)
    orderSeed = UInt64(try options.integer("order_seed", default: Int(orderSeed), atLeast: 0))
    inputBound = try options.number("input_bound", default: inputBound, above: 0)
    minimumScale = try options.number("minimum_scale", default: minimumScale, above: 0)
  }
}
