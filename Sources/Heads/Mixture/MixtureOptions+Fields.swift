import JEPADensity

extension MixtureOptions.Kind: ConfigurationChoice {}

extension MixtureOptions: HeadOptions {
  public static let fields: [ConfigurationField<Self>] = [
    .init("components", \.components, .atLeast(1), "Gaussians of the mixture"),
    .init(
      "kind", \.kind, nil, "one set of weights for the whole vector, or one for each coordinate"),
    .init("rank", \.rank, .atLeast(0), "rank of what covariances have beside their diagonal"),
    .init("hidden_layers", \.hiddenLayers, .atLeast(0), "layers between context and parameters"),
    .init("hidden_dimensions", \.hiddenDimensions, .atLeast(1), "width of each of them"),
    .init("activation", \.activation, nil, "function of each hidden unit"),
    .init(
      "minimum_scale", \.minimumScale, .above(0), "added to every deviation, in units of the target"
    ),
    .init(
      "entropy_weight", \.entropyWeight, .atLeast(0),
      "weight of the term that keeps all components in use, in nats"),
    .init("initial_spread", \.initialSpread, .above(0), "how far apart components begin"),
  ]

  public mutating func resolve() throws {
    if rank > 0 && kind == .coordinate {
      throw ConfigurationError(
        key: "head.rank",
        message: "head.rank is \(rank), but a mixture per coordinate has no covariances; set "
          + "head.rank to 0 or head.kind to vector")
    }
  }
}
