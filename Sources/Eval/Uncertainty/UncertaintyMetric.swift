/// A score of one row (one target and the distribution predicted for it), whose mean over rows is
/// reported. The raw value is the key in JSON, CSV and safetensors; `docs/uncertainty.md` has the
/// formulae.
public enum UncertaintyMetric: String, Sendable, Hashable, CaseIterable, Codable,
  CodingKeyRepresentable
{
  // MARK: Likelihood, in nats a target, in the space before whitening

  /// −log p(y | c) of an exact density.
  case nll
  /// `nll` less ``gaussianNLL``: below 0 is better than the Gaussian.
  case nllMinusGaussian = "nll_minus_gaussian"
  /// −log p(y | c) as a head without an exact density estimates it.
  case estimatedNLL = "estimated_nll"
  case estimatedNLLMinusGaussian = "estimated_nll_minus_gaussian"
  /// −log of one full-covariance Gaussian fitted to training targets.
  case gaussianNLL = "gaussian_nll"
  /// The predicted differential entropy: the mean −log p of the row's own draws.
  case entropy
  case estimatedEntropy = "estimated_entropy"

  // MARK: Proper scores, in the unit of a target coordinate

  case crps
  case gaussianCRPS = "gaussian_crps"
  case energyScore = "energy_score"
  case gaussianEnergyScore = "gaussian_energy_score"
  /// ½ E‖X − X′‖: the energy score's own spread term.
  case energySpread = "energy_spread"
  case variogramScore = "variogram_score"
  /// ‖mean − y‖² / D.
  case squaredError = "squared_error"

  // MARK: Sharpness

  /// √(mean over coordinates of the predicted variance).
  case spread
  /// The mean over coordinates of the central 80 % interval's width.
  case width80 = "width_80"

  // MARK: Calibration

  /// Mean of the PIT over coordinates; ½ if calibrated.
  case pitMean = "pit_mean"
  /// 12 · mean of (PIT − ½)²; 1 if calibrated, above where spreads are too small.
  case pitDispersion = "pit_dispersion"
  case coverage50 = "coverage_50"
  case coverage80 = "coverage_80"
  case coverage95 = "coverage_95"
  /// Coverage of the highest-density regions of an exact density.
  case hdrCoverage50 = "hdr_coverage_50"
  case hdrCoverage80 = "hdr_coverage_80"
  case hdrCoverage95 = "hdr_coverage_95"
  case estimatedHDRCoverage50 = "estimated_hdr_coverage_50"
  case estimatedHDRCoverage80 = "estimated_hdr_coverage_80"
  case estimatedHDRCoverage95 = "estimated_hdr_coverage_95"

  // MARK: Where the truth is known; `true_…` is what the truth itself scores on the same rows

  case trueNLL = "true_nll"
  /// `nll` less `true_nll`; its mean estimates the Kullback-Leibler divergence from the truth.
  case nllMinusTrue = "nll_minus_true"
  case trueEnergyScore = "true_energy_score"
  case energyScoreMinusTrue = "energy_score_minus_true"
  case trueEnergySpread = "true_energy_spread"
  case modeRecall = "mode_recall"
  case trueModeRecall = "true_mode_recall"
  case modePrecision = "mode_precision"
  case trueModePrecision = "true_mode_precision"
  case modeTotalVariation = "mode_total_variation"
  case trueModeTotalVariation = "true_mode_total_variation"
  case modeEntropy = "mode_entropy"
  case trueModeEntropy = "true_mode_entropy"

  /// Whether less is better and a large value is a bad row: such metrics also get a median and a worst
  /// percentile.
  public var isLoss: Bool {
    switch self {
    case .nll, .nllMinusGaussian, .estimatedNLL, .estimatedNLLMinusGaussian, .gaussianNLL, .crps,
      .gaussianCRPS, .energyScore, .gaussianEnergyScore, .variogramScore, .squaredError,
      .trueNLL, .nllMinusTrue, .trueEnergyScore, .energyScoreMinusTrue, .modeTotalVariation:
      true
    default: false
    }
  }

  /// The central and highest-density levels that coverage is reported at.
  public static let levels = [0.5, 0.8, 0.95]
  static let coverages: [Self] = [.coverage50, .coverage80, .coverage95]
  static let hdrCoverages: [Self] = [.hdrCoverage50, .hdrCoverage80, .hdrCoverage95]
  static let estimatedHDRCoverages: [Self] = [
    .estimatedHDRCoverage50, .estimatedHDRCoverage80, .estimatedHDRCoverage95,
  ]
}
