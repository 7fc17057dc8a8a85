import ArgumentParser
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
      throw ValidationError("\(path): no such run folder or file")
    }
    if isFolder.boolValue {
      let folder = try RunFolder.open(at: path)
      guard let step = folder.checkpointSteps().last else {
        throw ValidationError("\(path): the run has no checkpoint yet")
      }
      let configuration = try TrainingConfiguration(contentsOf: folder.configuration)
      encoder = try EncoderFile(URL(filePath: folder.checkpoint(step: step)), part: part)
        .encoder(heads: heads)
      let images = configuration.data.replacingPath(data)
      train = try images.openDataset(.train)
      validation = try images.openDataset(.validation)
    } else {
      encoder = try EncoderFile(URL(filePath: path), part: part).encoder(heads: heads)
      guard let data else { throw ValidationError("\(path) is a file; give --data DIR with it") }
      var names: [String]?
      if let classes {
        let all = try openDataset(at: data, split: .train).classNames.sorted()
        names = Array(all.prefix(classes))
      }
      train = try openDataset(at: data, split: .train, classes: names)
      validation = try openDataset(at: data, split: .validation, classes: names)
    }
  }
}

extension DataConfiguration {
  /// With the data set's folder replaced, where one is given on the command line.
  func replacingPath(_ path: String?) -> DataConfiguration {
    guard let path else { return self }
    var result = self
    result.rootPath = path
    result.imageFolder = ""
    return result
  }
}
