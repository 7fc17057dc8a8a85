import JEPA
import JEPADiffusion

extension DiffusionOptions: ReadableOptions {
  /// The options of `head: { name: diffusion, … }`.
  /// - Throws: `ConfigurationError` for a value of another type or range.
  init(reading options: inout HeadOptionReader, defaults: Self) throws {
    self = defaults
    schedule = try options.choice("schedule", default: schedule)
    timesteps = try options.integer("timesteps", default: timesteps, atLeast: 2)
    dataScale = try options.number("data_scale", default: dataScale, above: 0)

    prediction = try options.choice("prediction", default: prediction)
    // 0 lets the width follow from the targets' dimensions.
    let width = try options.integer("width", default: defaults.width ?? 0, atLeast: 0)
    self.width = width == 0 ? nil : width
    inputOctaves = try options.integer("input_octaves", default: inputOctaves, atLeast: 0)
    levels = try options.integer("levels", default: levels, atLeast: 0)
    blocksPerLevel = try options.integer("blocks_per_level", default: blocksPerLevel, atLeast: 0)
    middleBlocks = try options.integer("middle_blocks", default: middleBlocks, atLeast: 0)
    embeddingDimensions = try options.integer(
      "embedding_dimensions", default: embeddingDimensions, atLeast: 1)
    if width > 0 && width >> levels < 8 {
      throw ConfigurationError(
        key: "head.levels",
        message:
          "head.levels is \(levels); halving head.width \(width) so often leaves fewer than 8")
    }

    timestepsPerRow = try options.integer(
      "timesteps_per_row", default: timestepsPerRow, atLeast: 1)
    timestepDistribution = try options.choice(
      "timestep_distribution", default: timestepDistribution)
    lossQuantity = try options.choice("loss_quantity", default: comparedQuantity)
    maximumLossWeight = try options.number(
      "maximum_loss_weight", default: maximumLossWeight, above: 0)

    sampler = try options.choice("sampler", default: sampler)
    samplingSteps = try options.integer("sampling_steps", default: samplingSteps, atLeast: 1)
    eta = try options.number("eta", default: eta)
    if !(0...1).contains(eta) {
      throw ConfigurationError(
        key: "head.eta", message: "head.eta is \(eta); it must be from 0 to 1")
    }
    meanSamples = try options.integer("mean_samples", default: meanSamples, atLeast: 1)
    integrator = try options.choice("integrator", default: integrator)
    flowSteps = try options.integer("flow_steps", default: flowSteps, atLeast: 1)
    exactTraceDimensions = try options.integer(
      "exact_trace_dimensions", default: exactTraceDimensions, atLeast: 0)
    traceProbes = try options.integer("trace_probes", default: traceProbes, atLeast: 1)
    boundTerms = try options.integer("bound_terms", default: boundTerms, atLeast: 0)
  }
}
