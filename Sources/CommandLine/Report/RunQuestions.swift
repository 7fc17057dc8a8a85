import Foundation
import JEPA
import JEPADensity
import JEPAReport
import JEPATensor

/// Asks a run's newest checkpoint the questions of a report.
struct RunQuestions: HeadOperation {
  let configuration: TrainingConfiguration
  let run: ReportRun

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> (questions: [HiddenQuestion], answers: [DensityAnswer]) {
    let questions = try HiddenQuestion.some(configuration)
    let folder = try RunFolder.open(at: run.path, readOnly: true)
    guard let step = folder.checkpointSteps().last else { return ([], []) }
    let checkpoint = URL(filePath: folder.checkpoint(step: step))
    let trained = try Checkpoint.weights(
      for: configuration.model(head: makeHead), from: checkpoint)
    let probe = try DensityProbe(
      model: trained.model, target: trained.targetEncoder,
      dataset: configuration.data.openDataset(.train))
    let random = RandomSource(seed: 0).split("report")
    return (
      questions,
      try questions.enumerated().map { try probe.answer($1, using: random.split($0)) }
    )
  }
}
