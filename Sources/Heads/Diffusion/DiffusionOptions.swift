import JEPATensor

/// What a diffusion head's network says about a noised target x = √ᾱ y + √(1 − ᾱ) ε.
public enum DiffusionQuantity: String, Sendable, CaseIterable {
  /// The noise ε (Ho et al. 2020).
  case epsilon
  /// The velocity v = √ᾱ ε − √(1 − ᾱ) y (Salimans & Ho 2022).
  case v
  /// The clean target y.
  case x
}

/// How a diffusion head is built, trained and sampled from. The defaults suit targets of about unit
/// scale with D = 191 and C = 96 features.
public struct DiffusionOptions: Sendable, Equatable {
  /// How samples are drawn.
  public enum Sampler: String, Sendable, CaseIterable {
    /// Implicit steps (Song, Meng & Ermon 2021), with ``DiffusionOptions/eta``.
    case ddim
    /// The posterior's steps of Ho et al. 2020, eq. 6-7.
    case ancestral
  }

  /// How the probability-flow equation is integrated.
  public enum Integrator: String, Sendable, CaseIterable {
    /// Second order, two evaluations a step.
    case heun
    /// The classical method of fourth order, four evaluations a step.
    case rk4
  }

  /// Where on the schedule training puts its timesteps.
  public enum TimestepDistribution: String, Sendable, CaseIterable {
    /// Evenly (Ho et al. 2020).
    case uniform
    /// Half of them evenly, half with the noise's logarithm even: the part that each level has in the
    /// likelihood (Kingma et al. 2021), where an even spread hardly sees the low noise that sharp
    /// edges need. What is learnt of the context is learnt at high noise: inside I-JEPA, on real
    /// images, one run's encoder became better with an even spread.
    case likelihood
  }

  // MARK: noise

  /// The shape of the noise schedule.
  public var schedule: NoiseSchedule.Kind = .cosine
  /// T, the number of noise levels.
  public var timesteps = 1000
  /// The targets' standard deviation σ_data; the network sees targets divided by it. 1 where the
  /// caller standardises.
  public var dataScale = 1.0

  // MARK: network

  /// What the network's output means.
  public var prediction: DiffusionQuantity = .v
  /// The width of the first level. Unless given a third more than D, as a multiple of 64, and at least
  /// 128.
  public var width: Int?
  /// J, the octaves of sines and cosines by which the network sees each noised coordinate, beside the
  /// coordinate itself: sin(2ʲπx), cos(2ʲπx), j = 0 … J − 1 (after Kingma et al. 2021, "Variational
  /// diffusion models"). At 0 the coordinate alone. With few dimensions they are what lets a small
  /// network see the low noise at a density's edges; their cost is 2 J D W multiplications.
  public var inputOctaves = 0
  /// How often the width is halved on the way down.
  public var levels = 1
  /// Residual blocks of each level, on the way down and again on the way up.
  public var blocksPerLevel = 1
  /// Residual blocks at the smallest width.
  public var middleBlocks = 1
  /// The width of the embeddings of timestep and context.
  public var embeddingDimensions = 128

  // MARK: training

  /// Noised copies of each target row in the loss, their timesteps evenly spread (MAR uses 4).
  public var timestepsPerRow = 4
  public var timestepDistribution: TimestepDistribution = .likelihood
  /// The quantity whose squared error is the loss, whatever is predicted: the prediction's own for
  /// ε, v for v and x unless given.
  ///
  /// With signal c = √ᾱ and noise s = √(1 − ᾱ) the errors are related by e_ε = c e_v and e_x = s e_v
  /// (up to sign), so that an x-prediction under v weighs ‖e_x‖² by 1/s², an ε-prediction under v
  /// weighs ‖e_ε‖² by 1/c². Weights are cut at ``maximumLossWeight``.
  public var lossQuantity: DiffusionQuantity?
  /// The largest weight of a squared error.
  public var maximumLossWeight = 400.0

  // MARK: sampling and likelihood

  public var sampler: Sampler = .ddim
  /// Steps from noise to sample; T at most is useful.
  public var samplingSteps = 50
  /// The noise of DDIM's steps: 0 none, 1 the posterior's.
  public var eta = 0.0
  /// Draws whose average is the mean.
  public var meanSamples = 16
  public var integrator: Integrator = .rk4
  /// Steps of the probability-flow equation.
  public var flowSteps = 32
  /// Up to this D the trace is exact (D vector-Jacobian products an evaluation), above it estimated.
  public var exactTraceDimensions = 4
  /// Random vectors of Hutchinson's estimate of the trace.
  public var traceProbes = 1
  /// Terms of the evidence lower bound that are drawn, evenly spread; 0 takes all T − 1.
  public var boundTerms = 128

  public init() {}

  /// The quantity that the loss compares.
  public var comparedQuantity: DiffusionQuantity {
    lossQuantity ?? (prediction == .epsilon ? .epsilon : .v)
  }

  /// The width of the first level for targets of D dimensions.
  public func width(forTargets dimensions: Int) -> Int {
    width ?? max(128, (dimensions + dimensions / 3 + 63) / 64 * 64)
  }

  func check() {
    require(timesteps >= 2, "DiffusionOptions: \(timesteps) timesteps; at least 2 are needed")
    require(dataScale > 0, "DiffusionOptions: dataScale \(dataScale) is not positive")
    require(
      levels >= 0 && blocksPerLevel >= 0 && middleBlocks >= 0 && inputOctaves >= 0
        && embeddingDimensions > 0,
      "DiffusionOptions: a negative number of levels, blocks or octaves, or no embedding dimensions"
    )
    require(
      timestepsPerRow > 0 && maximumLossWeight > 0 && samplingSteps > 0 && meanSamples > 0
        && flowSteps > 0 && traceProbes > 0 && boundTerms >= 0 && exactTraceDimensions >= 0,
      "DiffusionOptions: counts of timesteps, steps, draws and probes must be positive")
    require((0...1).contains(eta), "DiffusionOptions: eta \(eta) is not in 0 ... 1")
  }
}
