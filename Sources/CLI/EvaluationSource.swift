import Foundation
import JEPA
import JEPAData
import JEPAEval

/// The encoder and the images that `jepa eval` was given.
struct EvaluationSource {
  let encoder: VisionTransformer
  let train: any ImageDataset
  let validation: any ImageDataset

  /// - Parameter path: a run folder, whose newest checkpoint is taken, or a safetensors file.
  init(
    path: String, part: EncoderFile.Part, data: String?, heads: Int?, classes: Int?
  ) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandError("\(path): no such run folder or encoder file; check the path")
    }
    if isFolder.boolValue {
      let folder = try RunFolder.open(at: path, removingPartialFiles: false)
      guard let step = folder.checkpointSteps().last else {
        throw CommandError(
          "\(path): the run has no checkpoint yet; continue it with jepa train --resume --run "
            + path)
      }
      if classes != nil {
        throw CommandError("--classes is for an encoder file; a run has its own data.classes")
      }
      let configuration = try TrainingConfiguration(contentsOf: folder.configuration)
      encoder = try EncoderFile(URL(filePath: folder.checkpoint(step: step)), part: part)
        .encoder(heads: heads)
      let images = try configuration.data.replacingPath(data)
      train = try images.openDataset(.train)
      validation = try images.openDataset(.validation)
    } else {
      encoder = try EncoderFile(URL(filePath: path), part: part).encoder(heads: heads)
      guard let data else { throw CommandError("\(path) is a file; give --data DIR with it") }
      var names: [String]?
      if let classes {
        let all = try openDataset(at: data, split: .train).classNames.sorted()
        guard classes <= all.count else {
          throw CommandError(
            "--classes \(classes), but \(data) holds \(all.count); use at most \(all.count)")
        }
        names = Array(all.prefix(classes))
      }
      train = try openDataset(at: data, split: .train, classes: names)
      validation = try openDataset(at: data, split: .validation, classes: names)
    }
  }
}

extension DataConfiguration {
  /// With the data set's folder replaced, where one is given on the command line.
  func replacingPath(_ path: String?) throws -> DataConfiguration {
    guard let path else { return self }
    guard !dataset.isDrawn else {
      throw CommandError(
        "--data \(path): data.dataset is \(dataset.rawValue), which reads no folder; leave --data "
          + "out, or set data.dataset to image-folder or tiny-imagenet")
    }
    var result = self
    result.rootPath = path
    result.imageFolder = ""
    return result
  }
}
