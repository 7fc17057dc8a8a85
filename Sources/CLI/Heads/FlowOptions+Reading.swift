import JEPA
import JEPAFlow
import JEPATensor

extension FlowOptions: ReadableOptions {
  /// `couplings`, `coupling` (affine or spline), `mixing` (permutation or lu), `hidden_dimensions`,
  /// `residual_blocks`, `conditional_affine`, `log_scale_bound`, `bins`, `tail_bound`,
  /// `permutation_seed`, `mean_draws`.
  init(reading options: inout HeadOptionReader, defaults: Self) throws {
    self = defaults
    couplings = try options.integer("couplings", default: couplings, atLeast: 0)
    coupling = try options.choice("coupling", default: coupling)
    mixing = try options.choice("mixing", default: mixing)
    hiddenDimensions = try options.integer(
      "hidden_dimensions", default: hiddenDimensions, atLeast: 1)
    residualBlocks = try options.integer("residual_blocks", default: residualBlocks, atLeast: 0)
    conditionalAffine = try options.boolean("conditional_affine", default: conditionalAffine)
    logScaleBound = try options.number("log_scale_bound", default: logScaleBound, above: 0)
    bins = try options.integer("bins", default: bins, atLeast: 1)
    tailBound = try options.number("tail_bound", default: tailBound, above: 0)
    permutationSeed = try options.integer("permutation_seed", default: permutationSeed)
    meanDraws = try options.integer("mean_draws", default: meanDraws, atLeast: 2)
    if bins > Tensor.largestSplineBins {
      throw ConfigurationError(
        key: "head.bins",
        message: "head.bins is \(bins); it must be at most \(Tensor.largestSplineBins)")
    }
    if couplings == 0 && !conditionalAffine {
      throw ConfigurationError(
        key: "head.couplings",
        message: "head.couplings is 0 and head.conditional_affine false, which leaves nothing to "
          + "learn; it must be at least 1, or head.conditional_affine true")
    }
  }
}
