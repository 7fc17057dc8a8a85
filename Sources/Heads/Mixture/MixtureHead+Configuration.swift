import JEPADensity

// Chosen on validation parts of red wine's folds (docs/results.md).

extension MixtureHead: ConfigurableHead {
  public static var name: String { "mixture" }
  public static var summary: String {
    "Several Gaussians at once."
  }

  public static var tableOptions: MixtureOptions {
    var options = MixtureOptions()
    options.components = 20
    options.rank = 4
    options.hiddenDimensions = 64
    return options
  }

  public static var tableTraining: DensityFitSettings {
    DensityFitSettings(epochs: 300, batchSize: 100, learningRate: 1e-2, noise: 0.15, patience: 60)
  }
}
