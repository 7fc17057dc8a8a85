import JEPADensity

// Chosen on validation parts of red and white wine's folds (docs/results.md).

extension AutoregressiveHead: ConfigurableHead {
  public static var name: String { "autoregressive" }
  public static var summary: String {
    "One coordinate after another, each a small mixture given those before it."
  }

  public static var tableOptions: AutoregressiveOptions {
    var options = AutoregressiveOptions()
    options.hiddenLayers = 1
    options.hiddenDimensions = 200
    options.components = 20
    options.orderings = 4
    options.inputBound = 4
    return options
  }

  public static var tableTraining: DensityFitSettings {
    DensityFitSettings(
      epochs: 200, batchSize: 100, learningRate: 5e-3, finalLearningRate: 1e-3, noise: 0.1,
      patience: 30, averaging: 0.98)
  }
}
