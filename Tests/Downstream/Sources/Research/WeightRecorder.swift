import Foundation
import JEPA
import JEPADensity
import JEPATensor

/// Appends the length of the context encoder's weights to a file after every epoch: a callback with access to the model.
public struct WeightRecorder: TrainingObserver {
  let path: String

  public init(path: String) { self.path = path }

  public func finishedEpoch<Head: DensityPredictor>(
    _ epoch: Int, trainer: Trainer<Head>
  ) throws {
    let squares = trainer.model.encoder.namedParameters().map { $0.tensor.square().sum().item() }
    let line = "epoch \(epoch), step \(trainer.step): \(squares.reduce(0, +).squareRoot())\n"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try (text + line).write(toFile: path, atomically: true, encoding: .utf8)
  }
}
