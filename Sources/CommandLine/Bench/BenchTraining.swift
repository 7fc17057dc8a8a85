import ArgumentParser
import Foundation
import JEPA
import JEPAHeads

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
  @Option(help: "Density head, with its own defaults.") var head = HeadConfiguration().name
  @Option(help: .precision) var precision = TrainingPrecision.auto
  @Option(help: "Steps to time.") var steps = 20
  @Option(help: "Threads.") var threads: Int?
  @Option(
    help: ArgumentHelp(
      """
      Safetensors file with initial weights and, per step, images and masks; random ones if not \
      given.
      """, valueName: "file"), transform: HomePath.expanded)
  var inputs: String?
  @Flag(help: "Masks in the reference's form, where no inputs are given.") var referenceMasks =
    false
  @Flag(help: "Then take four steps more and print what each operator takes.") var profile = false
  @Option(
    help: ArgumentHelp(
      "Write those steps as a Chrome trace; implies --profile.", valueName: "file"),
    transform: HomePath.expanded)
  var trace: String?
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?

  private static let profiledSteps = 4

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
    let (figures, profiled) = try JEPATool.heads.run(
      TrainingBench(
        sizes: sizes, predictorDimensions: predictorDim, predictorDepth: predictorDepth,
        computeType: precision.dtype, steps: steps, source: source,
        profiledSteps: profile || trace != nil ? Self.profiledSteps : 0),
      head: HeadConfiguration(name: head))
    if let json { try BenchCommand.write(figures, to: json) }
    StandardOutput.write(precision.explanation)
    StandardOutput.write(figures.line)
    if let profiled {
      StandardOutput.write(ProfileTable(profiled, steps: Self.profiledSteps).text)
      if let trace {
        try AtomicFile.write(Array(profiled.chromeTrace()), to: trace, isNamedByUser: true)
      }
    }
  }
}

struct BenchFigures: Encodable {
  let losses: [Double]
  let seconds: [Double]
  /// The median step's, the first two left out: they compile products for their sizes.
  let medianSeconds: Double
  let imagesPerSecond: Double
  /// Of that step, as the next.
  let contextTokens: Int
  let targetTokens: Int
  /// Of products and attention, nothing computed twice counted.
  let gigaflops: Double
  /// GFLOP/s of bfloat16 (or float32) products of 4096 × 768 by 768 × 192 on all threads together,
  /// the best of several, just before and after the steps.
  let peakGigaflopsPerSecond: Double
  let peakMemoryBytes: Int
  let shards: Int

  var line: String {
    let rate = gigaflops / medianSeconds
    return String(
      format: """
        %.1f images/s, %.1f ms a step (median of %d), %.0f GFLOP/s, %.0f %% of this run's peak of \
        %.0f, memory %.2f GB, loss %.4f → %.4f
        """,
      imagesPerSecond, medianSeconds * 1e3, max(1, seconds.count - 2), rate,
      100 * rate / peakGigaflopsPerSecond, peakGigaflopsPerSecond, Double(peakMemoryBytes) * 1e-9,
      losses.first ?? 0, losses.last ?? 0)
  }
}
