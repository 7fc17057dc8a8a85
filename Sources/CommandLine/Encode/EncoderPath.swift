import Foundation
import JEPA

/// What `--encoder` may name: weights as a file or a model's folder, or a run, of which its newest checkpoint is meant.
enum EncoderPath {
  /// - Throws: `CommandError` where a run has no checkpoint yet; `FileError`.
  static func weights(at path: String) throws -> URL {
    guard isRun(path) else { return URL(filePath: path) }
    let folder = try RunFolder.open(at: path, readOnly: true)
    guard let step = folder.checkpointSteps().last else {
      throw CommandError(
        "\(path): the run has no checkpoint yet; continue it with jepa train --resume --run "
          + path.shellWord
      )
    }
    return URL(filePath: folder.checkpoint(step: step))
  }

  /// Whether `path` is the folder of a run.
  static func isRun(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/config.yaml")
  }
}
