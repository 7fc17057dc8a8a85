import Foundation
import JEPA
import JEPADensity
import JEPAEval
import JEPAHeads

/// What a trained run took, and what its head takes.
struct CostMeasurement: HeadOperation {
  let configuration: TrainingConfiguration
  let path: String
  let steps: Int

  /// Rows that are timed at once.
  private static let rows = 256
  /// Least seconds for each time.
  private static let seconds = 0.2

  func figures(peakMemory: Int?) throws -> CostFigures {
    var figures = try JEPATool.heads.run(self, head: JEPATool.heads.head(of: configuration))
    figures.peakMemoryBytes = peakMemory
    return figures
  }

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> CostFigures {
    let model = try configuration.model(head: makeHead)
    let width = model.encoder.configuration.embedDimensions
    let times = HeadTiming(
      dimensions: model.targetTransform.dimensions(of: width),
      contextDimensions: configuration.meta.predEmbDim, rows: Self.rows, seconds: Self.seconds)
    let head = try times.run(makeHead: makeHead)
    let rates = try MetricsCSV.rows(of: RunFolder.open(at: path, readOnly: true).metrics)
      .compactMap { $0["images_per_second"] }.filter { $0 > 0 }
    let seen = steps * configuration.data.batchSize
    let secondsPerImage = rates.reduce(0) { $0 + 1 / $1 } / Double(max(1, rates.count))
    return CostFigures(
      step: steps, parameters: model.parameterCount,
      imagesPerSecond: rates.isEmpty ? nil : rates.sorted()[rates.count / 2],
      peakMemoryBytes: nil, sampleSecondsPerToken: head.sample / Double(Self.rows),
      likelihoodSecondsPerToken: head.density.map { $0 / Double(Self.rows) },
      likelihoodIsEstimate: head.isEstimate,
      trainSeconds: rates.isEmpty ? nil : Double(seen) * secondsPerImage, imagesSeen: seen,
      threads: Parallelism.threads, machine: Machine.description)
  }
}

enum Machine {
  /// `AMD EPYC 9R14, 2 cores`.
  static var description: String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return (model ?? "unknown processor") + ", \(cores) core" + (cores == 1 ? "" : "s")
  }
}
