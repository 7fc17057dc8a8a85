import Foundation
import JEPA

extension TrainingConfiguration {
  /// Refuses to continue a run with other settings, except for those that only say where things lie and
  /// who computes.
  func requireSame(as folder: RunFolder) throws {
    let stored = try TrainingConfiguration(contentsOf: folder.configuration)
    guard let list = meaningfulDifferences(from: stored) else { return }
    throw CommandError(
      "\(folder.path) cannot be resumed with other settings: \(list); leave out --config and --set "
        + "to keep the run's, or start another run")
  }

  /// What a run's result depends on and differs from `stored`, in words; nil where nothing does.
  func meaningfulDifferences(from stored: TrainingConfiguration) -> String? {
    var stored = stored
    stored.data.rootPath = data.rootPath
    stored.data.imageFolder = data.imageFolder
    stored.data.numWorkers = data.numWorkers
    stored.data.pinMem = data.pinMem
    stored.logging.folder = logging.folder
    stored.meta.threads = meta.threads
    let differences = resolvingPrecision(asIn: stored).differences(
      from: stored.resolvingPrecision())
    guard !differences.isEmpty else { return nil }
    return differences.prefix(3).map { "\($0.key) was \($0.old) and is now \($0.new)" }
      .joined(separator: ", ")
      + (differences.count > 3 ? " and \(differences.count - 3) more" : "")
  }
}
