import JEPA
import JEPAMixture
import JEPATensor

extension MixtureOptions: ReadableOptions {
  /// Reads the mixture head's options from a configuration's `head` section.
  /// - Throws: `ConfigurationError` for a value of another type or range, or two that contradict.
  init(reading options: inout HeadOptionReader, defaults: Self) throws {
    self = defaults
    components = try options.integer("components", default: components, atLeast: 1)
    kind = try options.choice("kind", default: kind)
    rank = try options.integer("rank", default: rank, atLeast: 0)
    hiddenLayers = try options.integer("hidden_layers", default: hiddenLayers, atLeast: 0)
    hiddenDimensions = try options.integer(
      "hidden_dimensions", default: hiddenDimensions, atLeast: 1)
    activation = try options.choice("activation", default: activation)
    minimumScale = try options.number("minimum_scale", default: minimumScale, above: 0)
    entropyWeight = try options.number("entropy_weight", default: entropyWeight)
    initialSpread = try options.number("initial_spread", default: initialSpread, above: 0)
    if entropyWeight < 0 {
      throw ConfigurationError(
        key: "head.entropy_weight",
        message: "head.entropy_weight is \(entropyWeight); it must be at least 0")
    }
    if rank > 0 && kind == .coordinate {
      throw ConfigurationError(
        key: "head.rank",
        message: "head.rank is \(rank), but a mixture per coordinate has no covariances; set "
          + "head.rank to 0 or head.kind to vector")
    }
  }
}
