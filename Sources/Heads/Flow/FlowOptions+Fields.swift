import JEPADensity
import JEPATensor

extension FlowOptions.Coupling: ConfigurationChoice {}
extension FlowOptions.Mixing: ConfigurationChoice {}

extension FlowOptions: HeadOptions {
  public static let fields: [ConfigurationField<Self>] = [
    .init("couplings", \.couplings, .atLeast(0), "coupling layers"),
    .init("coupling", \.coupling, nil, "how a coupling maps a coordinate"),
    .init("mixing", \.mixing, nil, "what stands between couplings"),
    .init("hidden_dimensions", \.hiddenDimensions, .atLeast(1), "width of each network"),
    .init("residual_blocks", \.residualBlocks, .atLeast(0), "residual blocks of each network"),
    .init(
      "conditional_affine", \.conditionalAffine, nil,
      "whether targets first pass an affine map whose scale and shift come from the context"),
    .init(
      "log_scale_bound", \.logScaleBound, .above(0), "largest log-scale of one affine coupling"),
    .init("bins", \.bins, .within(1...Tensor.largestSplineBins), "bins of a spline"),
    .init("tail_bound", \.tailBound, .above(0), "splines act within ± this"),
    .init(
      "permutation_seed", \.permutationSeed, nil, "seed of the halves that couplings transform"),
    .init("mean_draws", \.meanDraws, .atLeast(2), "draws behind each mean"),
  ]

  public mutating func resolve() throws {
    if couplings == 0 && !conditionalAffine {
      throw ConfigurationError(
        key: "head.couplings",
        message: "head.couplings is 0 and head.conditional_affine false, which leaves nothing to "
          + "learn; it must be at least 1, or head.conditional_affine true")
    }
  }
}
