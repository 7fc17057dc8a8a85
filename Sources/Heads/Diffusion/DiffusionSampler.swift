import JEPATensor

/// Draws from a diffusion model, given its denoiser.
public struct DiffusionSampler: Sendable {
  public let schedule: NoiseSchedule
  public var sampler: DiffusionOptions.Sampler
  /// Steps from noise to sample.
  public var steps: Int
  /// DDIM's η.
  public var eta: Double

  public init(
    schedule: NoiseSchedule, sampler: DiffusionOptions.Sampler = .ddim, steps: Int = 50,
    eta: Double = 0
  ) {
    require(steps > 0, "DiffusionSampler: \(steps) steps")
    self.schedule = schedule
    self.sampler = sampler
    self.steps = steps
    self.eta = eta
  }

  /// The levels visited, the noisiest first and the clean one (t = 0) last: `steps` times from T to 1
  /// evenly spaced, real-valued where they do not fall on integers.
  public var levels: [NoiseLevel] {
    let last = Double(schedule.timesteps)
    let visited = (0..<steps).map { step in
      schedule.level(at: steps == 1 ? last : last - (last - 1) * Double(step) / Double(steps - 1))
    }
    return visited + [schedule[0]]
  }

  /// `count` draws per row of the denoiser: [S, N, D], before any scaling of the targets.
  public func sample<D: Denoiser>(
    _ count: Int, dimensions: Int, from denoiser: D, dtype: DType, using random: inout RandomSource
  ) -> Tensor {
    let rows = denoiser.rowCount
    let draws = RowChunks.map(count * rows, size: 256, using: &random) { range, source in
      draw(
        denoiser.selectingRows(range.map { $0 % rows }), range.count, dimensions, dtype, &source)
    }
    let shape = [count, rows, dimensions]
    return draws?.reshaped(shape) ?? .zeros(shape, dtype: dtype)
  }

  private func draw<D: Denoiser>(
    _ denoiser: D, _ rows: Int, _ dimensions: Int, _ dtype: DType, _ random: inout RandomSource
  ) -> Tensor {
    let shape = [rows, 1, dimensions]
    let levels = levels
    var x = Tensor.gaussianNoise(shape, dtype: dtype, using: &random)
    for (from, to) in zip(levels, levels.dropFirst()) {
      let output = denoiser(x, at: from)
      let clean = from.convert(output, from: denoiser.prediction, to: .x, at: x)
      let posterior = DiffusionPosterior(from: from, to: to)
      var variance = posterior.variance
      switch sampler {
      case .ancestral:
        x = clean * posterior.clean + x * posterior.noisy
      case .ddim:
        // Song, Meng & Ermon 2021, eq. 12 and 16.
        variance *= eta * eta
        let noise = from.convert(output, from: denoiser.prediction, to: .epsilon, at: x)
        let kept = max(0, to.noise * to.noise - variance).squareRoot()
        x = clean * to.signal + noise * kept
      }
      if variance > 0 {
        x = x + Tensor.gaussianNoise(shape, dtype: dtype, using: &random) * variance.squareRoot()
      }
    }
    return x
  }
}
