import JEPADensity

// Chosen on validation parts of red wine's folds (docs/results.md).

extension FlowHead: ConfigurableHead {
  public static var name: String { "flow" }
  public static var summary: String {
    "An invertible map that bends a Gaussian into shape."
  }
  public static var inferenceOptions: Set<String> { ["mean_draws"] }

  public static var tableOptions: FlowOptions {
    var options = FlowOptions()
    options.couplings = 8
    options.coupling = .spline
    options.hiddenDimensions = 64
    return options
  }

  public static var tableTraining: DensityFitSettings {
    DensityFitSettings(
      epochs: 200, batchSize: 100, learningRate: 5e-3, noise: 0.1, patience: 40, averaging: 0.98)
  }
}
