import Foundation
import JEPADensity
import JEPATensor

/// A diffusion model's distribution per row.
///
/// Three numbers are named for what they are: ``loss(of:using:)`` is a squared error and no density;
/// ``estimatedLogDensity(of:using:)`` integrates the probability-flow equation;
/// ``evidenceLowerBound(of:using:)`` estimates a bound from below.
public struct DiffusionPrediction: EstimatedDensity {
  public let denoiser: NetworkDenoiser
  public let options: DiffusionOptions
  public let schedule: NoiseSchedule
  /// D.
  public let targetDimensions: Int

  /// The squared error of the compared quantity (``DiffusionOptions/lossQuantity``), the mean over
  /// dimensions and over the row's timesteps: [N]. About 1 for a network that knows nothing.
  ///
  /// The timesteps of a row are one uniform number per row and equal spacings from it, so that every
  /// row sees all parts of the schedule; the whole batch shares an offset of less than half a step,
  /// so that the network learns the times between the integers too.
  ///
  /// - Parameter y: [N, D], without gradient.
  public func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let target = scaled(y)
    let (rows, copies, d) = (y.shape[0], options.timestepsPerRow, targetDimensions)
    let dtype = target.dtype
    if rows == 0 { return .zeros([0], dtype: dtype) }
    let (levels, index) = drawLevels(&random)

    func perTarget(_ value: (NoiseLevel) -> Double) -> Tensor {
      Tensor(levels.map(value), shape: [levels.count], dtype: dtype).gatherRows(index)
        .reshaped([rows, copies, 1])
    }
    let signal = perTarget(\.signal)
    let noise = perTarget(\.noise)
    let clean = target.reshaped([rows, 1, d])
    let epsilon = random.normal([rows, copies, d], dtype: dtype)
    let x = clean * signal + epsilon * noise
    let output = denoiser(x, times: levels.map(\.time), rows: index)
    let difference: Tensor =
      switch options.prediction {
      case .epsilon: output - epsilon
      case .v: output - (epsilon * signal - clean * noise)
      case .x: output - clean
      }
    let errors = difference.square().mean(axis: 2)  // [N, K]
    let weights = perTarget { lossWeight($0) }.reshaped([rows, copies])
    return (errors * weights).mean(axis: 1)
  }

  /// The weight that turns the prediction's squared error into that of the compared quantity.
  func lossWeight(_ level: NoiseLevel) -> Double {
    func unit(_ quantity: DiffusionQuantity) -> Double {
      switch quantity {
      case .epsilon: level.signal
      case .v: 1
      case .x: level.noise
      }
    }
    let ratio = unit(options.comparedQuantity) / unit(options.prediction)
    return min(ratio * ratio, options.maximumLossWeight)
  }

  /// `count` draws per row: [S, N, D].
  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let sampler = DiffusionSampler(
      schedule: schedule, sampler: options.sampler, steps: options.samplingSteps, eta: options.eta)
    return sampler.sample(
      count, dimensions: targetDimensions, from: denoiser.detached(), dtype: denoiser.dtype,
      using: &random) * options.dataScale
  }

  /// The average of ``DiffusionOptions/meanSamples`` draws: [N, D].
  public func mean(using random: inout RandomSource) -> Tensor {
    sample(options.meanSamples, using: &random).mean(axis: 0)
  }

  public var meanDraws: Int? { options.meanSamples }

  public var traceProbes: Int? {
    targetDimensions <= options.exactTraceDimensions ? nil : options.traceProbes
  }

  /// log p(y | c) per row, in nats, by the probability-flow equation (``ProbabilityFlow``): [N].
  ///
  /// The trace is exact up to ``DiffusionOptions/exactTraceDimensions`` and Hutchinson's estimate
  /// above. The density is that of targets blurred by the first timestep's noise.
  public func estimatedLogDensity(of y: Tensor, using random: inout RandomSource) -> Tensor {
    probabilityFlowLogDensity(
      of: y, trace: traceProbes.map { .hutchinson(probes: $0) } ?? .exact, using: &random)
  }

  /// ``estimatedLogDensity(of:using:)`` with the trace of the caller's choice.
  public func probabilityFlowLogDensity(
    of y: Tensor, trace: ProbabilityFlow.Trace, using random: inout RandomSource
  ) -> Tensor {
    let flow = ProbabilityFlow(
      schedule: schedule, integrator: options.integrator, steps: options.flowSteps)
    let density = flow.logDensity(
      of: scaled(y), under: denoiser.detached(), trace: trace, using: &random)
    return density - Double(targetDimensions) * log(options.dataScale)
  }

  /// An estimate of the variational bound on log p(y | c) per row, in nats (``EvidenceLowerBound``):
  /// [N].
  public func evidenceLowerBound(of y: Tensor, using random: inout RandomSource) -> Tensor {
    let bound = EvidenceLowerBound(schedule: schedule, terms: options.boundTerms)
    let value = bound(of: scaled(y), under: denoiser.detached(), using: &random)
    return value - Double(targetDimensions) * log(options.dataScale)
  }

  /// The targets in the network's scale and type.
  private func scaled(_ y: Tensor) -> Tensor {
    require(
      y.shape == [denoiser.rowCount, targetDimensions],
      "DiffusionPrediction: targets \(y.shape) for [\(denoiser.rowCount), \(targetDimensions)]")
    require(!y.needsGradient, "DiffusionPrediction: the targets carry a gradient; detach them")
    return y.cast(to: denoiser.dtype) / options.dataScale
  }
}
