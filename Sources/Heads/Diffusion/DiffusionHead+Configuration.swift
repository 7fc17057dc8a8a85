import JEPADensity

// Chosen on validation parts of red wine's folds (docs/results.md).

extension DiffusionHead: ConfigurableHead {
  public static var name: String { "diffusion" }
  public static var summary: String {
    "Noise that is turned into a draw step by step; its density is an estimate."
  }
  public static var lossUnit: LossUnit { .meanOverCoordinates }
  public static var inferenceOptions: Set<String> {
    [
      "sampler", "sampling_steps", "eta", "mean_samples", "integrator", "flow_steps",
      "exact_trace_dimensions", "trace_probes", "bound_terms",
    ]
  }

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
