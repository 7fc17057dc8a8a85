import JEPADensity
import JEPATensor

/// A diffusion model (DDPM, Ho, Jain & Abbeel 2020) of targets given context features.
///
/// A network learns to say which noise was added to a target, at T levels of noise; draws start from
/// noise and follow it back. Its density can only be estimated: see ``DiffusionPrediction``. Targets are
/// best standardised, or ``DiffusionOptions/dataScale`` set to their standard deviation.
public struct DiffusionHead: DensityPredictor {
  public var network: DenoisingNetwork
  public let options: DiffusionOptions
  public let schedule: NoiseSchedule
  /// D.
  public let targetDimensions: Int

  /// - Parameters:
  ///   - contextDimensions: C; 0 for a density without context.
  ///   - targetDimensions: D.
  public init(
    contextDimensions: Int, targetDimensions: Int, options: DiffusionOptions = .init(),
    dtype: DType = .float32, using random: inout RandomSource
  ) {
    options.check()
    require(
      contextDimensions >= 0 && targetDimensions > 0,
      "DiffusionHead: \(contextDimensions) context, \(targetDimensions) target dimensions")
    self.options = options
    self.targetDimensions = targetDimensions
    schedule = NoiseSchedule(options.schedule, timesteps: options.timesteps)
    network = DenoisingNetwork(
      contextDimensions: contextDimensions, targetDimensions: targetDimensions, options: options,
      dtype: dtype, using: &random)
  }

  /// [N, C] → a distribution per row. The context passes the network's context layers here, once.
  public func callAsFunction(_ context: Tensor) -> DiffusionPrediction {
    require(context.rank == 2, "DiffusionHead: context \(context.shape) is not [N, C]")
    return DiffusionPrediction(
      denoiser: NetworkDenoiser(
        network: network, prediction: options.prediction, rowCount: context.shape[0],
        contextParts: network.contextParts(context)),
      options: options, schedule: schedule, targetDimensions: targetDimensions)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("network", &network)
  }
}

/// The network with its context's part of the modulations in place.
public struct NetworkDenoiser: Denoiser {
  let network: DenoisingNetwork
  public let prediction: DiffusionQuantity
  public let rowCount: Int
  let contextParts: [Tensor]

  /// The type of noised targets and estimates.
  var dtype: DType { network.output.weight.dtype.accumulation }

  public func selectingRows(_ indices: [Int]) -> NetworkDenoiser {
    NetworkDenoiser(
      network: network, prediction: prediction, rowCount: indices.count,
      contextParts: contextParts.map { $0.gatherRows(indices) })
  }

  public func callAsFunction(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    let times = EmbeddedTimes(embedding: network.timeEmbedding([level.time]), rows: nil)
    return network(x, times: times, contextParts: contextParts)
  }

  /// Estimates for noised targets [N, K, D] of different times: target i has `times[rows[i]]`.
  func callAsFunction(_ x: Tensor, times: [Double], rows: [Int32]) -> Tensor {
    let embedded = EmbeddedTimes(embedding: network.timeEmbedding(times), rows: rows)
    return network(x, times: embedded, contextParts: contextParts)
  }

  /// Outside any gradient's graph.
  func detached() -> NetworkDenoiser {
    var network = network
    network.forEachParameter { _, tensor, _ in tensor = tensor.detached() }
    return NetworkDenoiser(
      network: network, prediction: prediction, rowCount: rowCount,
      contextParts: contextParts.map { $0.detached() })
  }
}
