import Foundation
import JEPA

/// Training steps of a model with some head, timed one by one.
struct TrainingBench: HeadOperation {
  let sizes: VisionTransformerConfiguration
  let predictorDimensions: Int
  let predictorDepth: Int
  let computeType: DType
  let steps: Int
  let source: BenchInputs
  /// Further steps, whose operators are timed.
  let profiledSteps: Int

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> (BenchFigures, Profile?) {
    var random = RandomSource(seed: 0)
    var model = JEPAModel(
      encoder: VisionTransformer(sizes, using: &random),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: sizes.embedDimensions, dimensions: predictorDimensions,
        depth: predictorDepth, heads: sizes.heads, using: &random),
      head: try makeHead(predictorDimensions, sizes.embedDimensions, &random))
    try source.loadWeights(into: &model)
    var trainer = Trainer(model: model, computeType: computeType, random: random)
    let before = ProductPeak.gigaflopsPerSecond(computeType)
    var losses: [Double] = []
    var seconds: [Double] = []
    var tokens: [(context: Int, target: Int)] = []
    for step in 0..<steps {
      let (images, masks) = try source.batch(step)
      let start = ContinuousClock.now
      let report = try trainer.train(images, masks: masks, settings: source.settings)
      seconds.append((ContinuousClock.now - start) / .seconds(1))
      losses.append(report.loss)
      tokens.append((report.contextTokens, report.targetTokens))
    }
    let memory = PeakMemory.bytes ?? 0
    let after = ProductPeak.gigaflopsPerSecond(computeType)
    // Batches differ in tokens, so that everything is said of one step.
    let settled = seconds.indices.dropFirst(min(2, steps - 1)).sorted { seconds[$0] < seconds[$1] }
    let middle = settled[settled.count / 2]
    let counted = try profile([middle], &trainer)
    let figures = BenchFigures(
      losses: losses, seconds: seconds, medianSeconds: seconds[middle],
      imagesPerSecond: Double(source.batch) / seconds[middle],
      contextTokens: tokens[middle].context, targetTokens: tokens[middle].target,
      gigaflops: Double(counted.operators.reduce(0) { $0 + $1.flops }) * 1e-9,
      peakGigaflopsPerSecond: max(before, after), peakMemoryBytes: memory, shards: trainer.shards)
    let profiled = Array(steps..<steps + profiledSteps)
    return (figures, profiled.isEmpty ? nil : try profile(profiled, &trainer))
  }

  private func profile<Head: DensityPredictor>(
    _ steps: [Int], _ trainer: inout Trainer<Head>
  ) throws -> Profile {
    let batches = try steps.map(source.batch)
    return try Profiler.record {
      for (images, masks) in batches {
        _ = try trainer.train(images, masks: masks, settings: source.settings)
      }
    }.profile
  }
}

/// What the processor's products reach when nothing else is done: the measure of a training step.
enum ProductPeak {
  /// The best of several tries, each of 40 products a thread.
  static func gigaflopsPerSecond(_ dtype: DType) -> Double {
    let (rows, depth, columns, products) = (4096, 768, 192, 40)
    let threads = Parallelism.threads
    let operands = (0..<threads).map { _ in
      (
        Tensor.full([rows, depth], 0.5, dtype: dtype),
        Tensor.full([depth, columns], 0.5, dtype: dtype)
      )
    }
    var best = 0.0
    for _ in 0..<6 {
      let start = ContinuousClock.now
      _ = parallelMap(threads) { thread in
        var last = Tensor.zeros([0])
        for _ in 0..<products { last = matmul(operands[thread].0, operands[thread].1) }
        return last.count
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      best = max(best, 2e-9 * Double(rows * depth * columns * products * threads) / seconds)
    }
    return best
  }
}
