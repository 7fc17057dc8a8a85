import JEPADensity

extension AutoregressiveOptions: HeadOptions {
  public static let fields: [ConfigurationField<Self>] = [
    .init("hidden_layers", \.hiddenLayers, .atLeast(1), "masked hidden layers"),
    .init("hidden_dimensions", \.hiddenDimensions, .atLeast(1), "units of each of them"),
    .init("components", \.components, .atLeast(1), "components of each coordinate's mixture"),
    .init("component", \.component, nil, "family of the components"),
    .init("activation", \.activation, nil, "function of each hidden unit"),
    .init("residual", \.residual, nil, "whether hidden layers after the first add to their input"),
    .init(
      "linear_shift", \.linearShift, nil,
      "whether means share a linear function of the coordinates before"),
    .init(
      "orderings", \.orderings, .atLeast(1), "orderings of the coordinates, which are averaged"),
    .init(
      "natural_order", \.naturalOrder, nil, "whether the first ordering is the coordinates' own"),
    .init("order_seed", \.orderSeed, nil, "seed of the other orderings"),
    .init(
      "input_bound", \.inputBound, .above(0),
      "bound of what the network sees, in units of the target"),
    .init(
      "minimum_scale", \.minimumScale, .above(0),
      "smallest scale of a component, in units of the target"),
  ]
}
