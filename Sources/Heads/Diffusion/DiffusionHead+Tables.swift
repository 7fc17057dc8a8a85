import JEPADensity

// Chosen on validation parts of red wine's folds (docs/results.md).

extension DiffusionHead: TableHead {
  public static var tableOptions: DiffusionOptions {
    var options = DiffusionOptions()
    options.levels = 0
    options.blocksPerLevel = 0
    options.middleBlocks = 2
    options.width = 128
    options.embeddingDimensions = 32
    options.timestepsPerRow = 8
    options.flowSteps = 16
    options.traceProbes = 4
    return options
  }

  public static var tableTraining: DensityFitSettings {
    DensityFitSettings(
      epochs: 150, batchSize: 250, learningRate: 4e-3, noise: 0.1, patience: 30, averaging: 0.98)
  }
}
