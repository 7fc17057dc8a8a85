import JEPADensity

extension DiffusionQuantity: ConfigurationChoice {}
extension DiffusionOptions.Sampler: ConfigurationChoice {}
extension DiffusionOptions.Integrator: ConfigurationChoice {}
extension DiffusionOptions.TimestepDistribution: ConfigurationChoice {}
extension NoiseSchedule.Kind: ConfigurationChoice {}

extension DiffusionOptions: HeadOptions {
  public static let fields: [ConfigurationField<Self>] = [
    .init("schedule", \.schedule, nil, "shape of the noise schedule"),
    .init("timesteps", \.timesteps, .atLeast(2), "noise levels"),
    .init(
      "data_scale", \.dataScale, .above(0), "the targets' deviation, by which they are divided"),
    .init(
      "prediction", \.prediction, nil, "what the network says: noise, velocity or clean target"),
    .init(
      "width", "width of the first level; 0: a third more than the target's",
      expectation: "an integer; must be at least 0",
      read: { value, options in
        guard let width = Int(value) else { return Int.mismatch(with: value) }
        guard width >= 0 else { return "is \(width); it must be at least 0" }
        options.width = width == 0 ? nil : width
        return nil
      },
      write: { .integer($0.width ?? 0) }),
    .init(
      "input_octaves", \.inputOctaves, .atLeast(0), "octaves of sines by which coordinates are seen"
    ),
    .init("levels", \.levels, .atLeast(0), "how often the width is halved"),
    .init("blocks_per_level", \.blocksPerLevel, .atLeast(0), "residual blocks of each level"),
    .init("middle_blocks", \.middleBlocks, .atLeast(0), "residual blocks at the smallest width"),
    .init(
      "embedding_dimensions", \.embeddingDimensions, .atLeast(1),
      "width of the embeddings of timestep and context"),
    .init(
      "timesteps_per_row", \.timestepsPerRow, .atLeast(1), "noised copies of a target in the loss"),
    .init(
      "timestep_distribution", \.timestepDistribution, nil, "where on the schedule they are put"),
    .init(
      "loss_quantity", \.lossQuantity, nil, "what the squared error is of; null: v, or epsilon"),
    .init("maximum_loss_weight", \.maximumLossWeight, .above(0), "largest weight of an error"),
    .init("sampler", \.sampler, nil, "how samples are drawn"),
    .init("sampling_steps", \.samplingSteps, .atLeast(1), "steps from noise to sample"),
    .init("eta", \.eta, .within(0...1), "noise of DDIM's steps; 1: the posterior's"),
    .init("mean_samples", \.meanSamples, .atLeast(1), "draws behind each mean"),
    .init("integrator", \.integrator, nil, "how the probability-flow equation is integrated"),
    .init("flow_steps", \.flowSteps, .atLeast(1), "steps of it"),
    .init(
      "exact_trace_dimensions", \.exactTraceDimensions, .atLeast(0),
      "up to this width of the target the trace is exact, above it estimated"),
    .init("trace_probes", \.traceProbes, .atLeast(1), "random vectors of that estimate"),
    .init(
      "bound_terms", \.boundTerms, .atLeast(0), "terms of the evidence lower bound; 0: all of them"),
  ]

  public mutating func resolve() throws {
    if let width, width >> levels < 8 {
      throw ConfigurationError(
        key: "head.levels",
        message:
          "head.levels is \(levels); halving head.width \(width) so often leaves fewer than 8")
    }
    lossQuantity = comparedQuantity
  }
}
