import Foundation
import JEPA
import JEPAData
import JEPAEval

/// A run's newest checkpoint and the run's data, to be evaluated.
struct EvaluatedRun {
  let folder: RunFolder
  /// The run's own, with the data set's folder replaced where another was given.
  let configuration: TrainingConfiguration
  let step: Int
  let train: any ImageDataset
  let validation: any ImageDataset

  /// - Parameters:
  ///   - data: another place of the data set.
  ///   - reading: how its files are read, on top of the run's own settings.
  ///   - known: the run's configuration with data in its place, where the caller has it.
  init(
    path: String, data: String? = nil, reading: ImageReadingOptions? = nil,
    configuration known: TrainingConfiguration? = nil
  ) throws {
    folder = try RunFolder.open(at: path, readOnly: true)
    guard let newest = folder.checkpointSteps().last else {
      throw CommandError(
        "\(path): the run has no checkpoint yet; continue it with jepa train --resume --run "
          + path.shellWord)
    }
    step = newest
    try Checkpoint.verify(URL(filePath: folder.checkpoint(step: newest)))
    var stored = try known ?? TrainingConfiguration(contentsOf: folder.configuration)
    stored.data = try stored.data.replacingPath(data)
    if let reading { stored.data = reading.applied(to: stored.data) }
    configuration = stored
    train = try stored.data.openDataset(.train)
    validation = try stored.data.openDataset(.validation)
    if data == nil { try requireTrainingData() }
  }

  /// Refuses data other than those that the run was trained on: of a run that was given a data set in code, for instance,
  /// which its configuration does not name.
  private func requireTrainingData() throws {
    let file = try SafetensorsFile(checkpoint)
    let now = RunOrigin(train).dataset
    guard let then = file.metadata["dataset"], then != now else { return }
    throw CommandError(
      "\(folder.path): it was trained on \(then), and what data.dataset \(configuration.data.dataset.name) "
        + "opens is \(now); give the data by --data, or evaluate from code (TrainedModel)")
  }

  var checkpoint: URL { URL(filePath: folder.checkpoint(step: step)) }

  var description: RunDescription {
    let stepsPerEpoch = max(1, configuration.loader(for: train).stepsPerEpoch)
    let data = configuration.data
    return RunDescription(
      folder: folder.path, head: configuration.head.name, step: step,
      epoch: Double(step) / Double(stepsPerEpoch),
      dataSet: data.dataset.name + (data.dataset.isDrawn ? "" : " " + data.path))
  }
}
