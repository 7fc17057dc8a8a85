/// A score of one row (one target and the distribution predicted for it), whose mean over rows is
/// reported. The raw value is the key in JSON, CSV and safetensors; `docs/uncertainty.md` has the
/// formulae. Further ones come from a ``DensityMetric``.
public struct UncertaintyMetric: RawRepresentable, Sendable, Hashable, Codable,
  CodingKeyRepresentable
{
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  // MARK: Likelihood, in nats a target, in the space before whitening

  /// −log p(y | c) of an exact density.
  public static let nll = Self(rawValue: "nll")
  /// `nll` less ``gaussianNLL``: below 0 is better than the Gaussian.
  public static let nllMinusGaussian = Self(rawValue: "nll_minus_gaussian")
  /// −log p(y | c) as a head without an exact density estimates it.
  public static let estimatedNLL = Self(rawValue: "estimated_nll")
  public static let estimatedNLLMinusGaussian = Self(rawValue: "estimated_nll_minus_gaussian")
  /// −log of one full-covariance Gaussian fitted to training targets.
  public static let gaussianNLL = Self(rawValue: "gaussian_nll")
  /// The predicted differential entropy: the mean −log p of the row's own draws.
  public static let entropy = Self(rawValue: "entropy")
  public static let estimatedEntropy = Self(rawValue: "estimated_entropy")

  // MARK: Proper scores, in the unit of a target coordinate

  public static let crps = Self(rawValue: "crps")
  public static let gaussianCRPS = Self(rawValue: "gaussian_crps")
  public static let energyScore = Self(rawValue: "energy_score")
  public static let gaussianEnergyScore = Self(rawValue: "gaussian_energy_score")
  /// ½ E‖X − X′‖: the energy score's own spread term.
  public static let energySpread = Self(rawValue: "energy_spread")
  public static let variogramScore = Self(rawValue: "variogram_score")
  /// ‖mean − y‖² / D.
  public static let squaredError = Self(rawValue: "squared_error")

  // MARK: Sharpness

  /// √(mean over coordinates of the predicted variance).
  public static let spread = Self(rawValue: "spread")
  /// The mean over coordinates of the central 80 % interval's width.
  public static let width80 = Self(rawValue: "width_80")

  // MARK: Calibration

  /// Mean of the PIT over coordinates; ½ if calibrated.
  public static let pitMean = Self(rawValue: "pit_mean")
  /// 12 · mean of (PIT − ½)²; 1 if calibrated, above where spreads are too small.
  public static let pitDispersion = Self(rawValue: "pit_dispersion")
  public static let coverage50 = Self(rawValue: "coverage_50")
  public static let coverage80 = Self(rawValue: "coverage_80")
  public static let coverage95 = Self(rawValue: "coverage_95")
  /// Coverage of the highest-density regions of an exact density.
  public static let hdrCoverage50 = Self(rawValue: "hdr_coverage_50")
  public static let hdrCoverage80 = Self(rawValue: "hdr_coverage_80")
  public static let hdrCoverage95 = Self(rawValue: "hdr_coverage_95")
  public static let estimatedHDRCoverage50 = Self(rawValue: "estimated_hdr_coverage_50")
  public static let estimatedHDRCoverage80 = Self(rawValue: "estimated_hdr_coverage_80")
  public static let estimatedHDRCoverage95 = Self(rawValue: "estimated_hdr_coverage_95")

  // MARK: Where the truth is known; `true_…` is what the truth itself scores on the same rows

  public static let trueNLL = Self(rawValue: "true_nll")
  /// `nll` less `true_nll`; its mean estimates the Kullback-Leibler divergence from the truth.
  public static let nllMinusTrue = Self(rawValue: "nll_minus_true")
  public static let trueEnergyScore = Self(rawValue: "true_energy_score")
  public static let energyScoreMinusTrue = Self(rawValue: "energy_score_minus_true")
  public static let trueEnergySpread = Self(rawValue: "true_energy_spread")
  public static let modeRecall = Self(rawValue: "mode_recall")
  public static let trueModeRecall = Self(rawValue: "true_mode_recall")
  public static let modePrecision = Self(rawValue: "mode_precision")
  public static let trueModePrecision = Self(rawValue: "true_mode_precision")
  public static let modeTotalVariation = Self(rawValue: "mode_total_variation")
  public static let trueModeTotalVariation = Self(rawValue: "true_mode_total_variation")
  public static let modeEntropy = Self(rawValue: "mode_entropy")
  public static let trueModeEntropy = Self(rawValue: "true_mode_entropy")

  /// Whether less is better and a large value is a bad row: such metrics also get a median and a worst
  /// percentile.
  public var isLoss: Bool { Self.losses.contains(self) }

  private static let losses: Set<Self> = [
    .nll, .nllMinusGaussian, .estimatedNLL, .estimatedNLLMinusGaussian, .gaussianNLL, .crps,
    .gaussianCRPS, .energyScore, .gaussianEnergyScore, .variogramScore, .squaredError,
    .trueNLL, .nllMinusTrue, .trueEnergyScore, .energyScoreMinusTrue, .modeTotalVariation,
  ]

  /// The package's own, in order.
  public static let standard: [Self] = [
    .nll, .nllMinusGaussian, .estimatedNLL, .estimatedNLLMinusGaussian, .gaussianNLL, .entropy,
    .estimatedEntropy, .crps, .gaussianCRPS, .energyScore, .gaussianEnergyScore, .energySpread,
    .variogramScore, .squaredError, .spread, .width80, .pitMean, .pitDispersion, .coverage50,
    .coverage80, .coverage95, .hdrCoverage50, .hdrCoverage80, .hdrCoverage95,
    .estimatedHDRCoverage50, .estimatedHDRCoverage80, .estimatedHDRCoverage95, .trueNLL,
    .nllMinusTrue, .trueEnergyScore, .energyScoreMinusTrue, .trueEnergySpread, .modeRecall,
    .trueModeRecall, .modePrecision, .trueModePrecision, .modeTotalVariation,
    .trueModeTotalVariation, .modeEntropy, .trueModeEntropy,
  ]

  /// The central and highest-density levels that coverage is reported at.
  public static let levels = [0.5, 0.8, 0.95]
  static let coverages: [Self] = [.coverage50, .coverage80, .coverage95]
  static let hdrCoverages: [Self] = [.hdrCoverage50, .hdrCoverage80, .hdrCoverage95]
  static let estimatedHDRCoverages: [Self] = [
    .estimatedHDRCoverage50, .estimatedHDRCoverage80, .estimatedHDRCoverage95,
  ]
}
