import ArgumentParser
import Foundation
import JEPA
import JEPAPoint

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Times parts of the package.",
    subcommands: [BenchTraining.self])
}

/// Times training steps on given inputs, for comparison with another implementation's.
struct BenchTraining: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training", abstract: "Times training steps.")

  @Option(help: "Encoder preset.") var model = "vit_tiny"
  @Option(help: "Patch side in pixels.") var patch = 8
  @Option(help: "Image side in pixels.") var size = 64
  @Option(help: "Images a step.") var batch = 128
  @Option(help: "Predictor width.") var predictorDim = 96
  @Option(help: "Predictor blocks.") var predictorDepth = 6
  @Option(help: "bfloat16 or float32.") var precision = TrainingPrecision.bfloat16
  @Option(help: "Steps to time.") var steps = 20
  @Option(help: "Threads.") var threads: Int?
  @Option(
    help: """
      Safetensors file with initial weights and, per step, images and masks; random ones if not \
      given.
      """)
  var inputs: String?
  @Flag(help: "Masks in the reference's form, where no inputs are given.") var referenceMasks =
    false
  @Option(help: "Where to write the figures as JSON.") var json: String?

  func run() throws {
    for (option, value) in [
      ("--steps", steps), ("--batch", batch), ("--patch", patch), ("--size", size),
      ("--predictor-dim", predictorDim), ("--predictor-depth", predictorDepth),
      ("--threads", threads ?? 1),
    ] where value < 1 {
      throw CommandError("\(option) \(value): give a number of at least 1")
    }
    guard size.isMultiple(of: patch) else {
      throw CommandError(
        "--size \(size) is not divisible by --patch \(patch); use \(max(1, size / patch) * patch)")
    }
    if let threads { Parallelism.threads = threads }
    guard
      let sizes = VisionTransformerConfiguration.preset(
        model, patchSize: patch, imageHeight: size, imageWidth: size)
    else {
      throw CommandError(
        "--model \(model) is not one of "
          + VisionTransformerConfiguration.presetNames.joined(separator: ", "))
    }
    let source = try BenchInputs(
      path: inputs, grid: sizes.grid, size: size, batch: batch, referenceMasks: referenceMasks)
    var random = RandomSource(seed: 0)
    var jepa = JEPAModel(
      encoder: VisionTransformer(sizes, using: &random),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: sizes.embedDimensions, dimensions: predictorDim,
        depth: predictorDepth, heads: sizes.heads, using: &random),
      head: PointHead(
        contextDimensions: predictorDim, targetDimensions: sizes.embedDimensions, using: &random))
    try source.loadWeights(into: &jepa)
    var trainer = Trainer(
      model: jepa, computeType: precision == .bfloat16 ? .bfloat16 : .float32, random: random)
    var losses: [Double] = []
    var seconds: [Double] = []
    for step in 0..<steps {
      let (images, masks) = try source.batch(step)
      let start = ContinuousClock.now
      let report = try trainer.train(images, masks: masks, settings: source.settings)
      let elapsed = ContinuousClock.now - start
      seconds.append(
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
      losses.append(report.loss)
    }
    // The first steps compile products for their sizes.
    let settled = seconds.dropFirst(min(2, steps - 1)).sorted()
    let median = settled[settled.count / 2]
    let figures = BenchFigures(
      losses: losses, seconds: seconds, imagesPerSecond: Double(source.batch) / median,
      peakMemoryBytes: peakMemoryBytes(), shards: trainer.shards)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let data = try encoder.encode(figures)
    if let json {
      try AtomicFile.write(Array(data), to: json)
    }
    print(
      String(
        format: "%.1f images/s, %.1f ms a step (median of %d), peak %.2f GB, loss %.4f → %.4f",
        figures.imagesPerSecond, median * 1e3, settled.count,
        Double(figures.peakMemoryBytes) * 1e-9, losses.first ?? 0, losses.last ?? 0))
  }
}

private struct BenchFigures: Encodable {
  let losses: [Double]
  let seconds: [Double]
  let imagesPerSecond: Double
  let peakMemoryBytes: Int
  let shards: Int
}

/// The most memory the process has had, in bytes.
func peakMemoryBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

/// Where a timed run's weights, images and masks come from.
private struct BenchInputs {
  let file: SafetensorsFile?
  let masks: MaskSource
  let random: RandomSource
  let size: Int
  let batch: Int
  let settings: StepSettings

  init(path: String?, grid: PatchGrid, size: Int, batch: Int, referenceMasks: Bool) throws {
    let file = try path.map { try SafetensorsFile(URL(filePath: $0)) }
    self.file = file
    var mask = MaskConfiguration()
    mask.minKeep = referenceMasks ? 4 : 8
    mask.reference = referenceMasks
    masks = MaskSource(mask, grid: grid, seed: 0)
    random = RandomSource(seed: 1)
    self.size = size
    self.batch = batch
    func number(_ key: String, _ fallback: Double) -> Double {
      file?.metadata[key].flatMap(Double.init) ?? fallback
    }
    settings = StepSettings(
      learningRate: number("lr", 5e-4), weightDecay: number("weight_decay", 0.04),
      momentum: number("ema", 0.996))
  }

  func loadWeights<Head: DensityPredictor>(into model: inout JEPAModel<Head>) throws {
    guard let file else { return }
    var weights: [String: Tensor] = [:]
    for (name, _) in model.namedParameters() {
      let reference = name.replacing("head.proj.", with: "predictor.predictor_proj.")
      let stored = ["", "init."].map { $0 + reference }.first(where: file.contains) ?? reference
      weights[name] = try file.tensor(named: stored)
    }
    try model.load(weights, from: file.url.path)
  }

  /// Image and mask lists of step `step`; the file's steps are repeated in turn.
  func batch(_ step: Int) throws -> (Tensor, MaskBatch) {
    guard let file else {
      var draws = random.split(step)
      let indices = (0..<batch).map { step * batch + $0 }
      return (
        .normal([batch, 3, size, size], using: &draws),
        masks.masks(epoch: 0, step: step, indices: indices)
      )
    }
    let stored = file.names.filter { $0.hasPrefix("batch") && $0.hasSuffix(".images") }.count
    let name = "batch\(step % max(1, stored))"
    return (
      try file.tensor(named: name + ".images"),
      try MaskBatch(file, contexts: name + ".context_indices", targets: name + ".target_indices")
    )
  }
}
