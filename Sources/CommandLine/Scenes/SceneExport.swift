import Foundation
import JEPA
import JEPAData

/// Writes ambiguous scenes as JPEG files in the layout of an image folder, with the truth about each.
///
/// The folder appears when it is complete: until then it is a hidden one beside it.
struct SceneExport {
  /// One line of `truth.jsonl`.
  struct Truth: Codable, Equatable {
    /// Pixels from the left and from the top.
    struct Region: Codable, Equatable {
      let x, y, width, height: Int
    }

    /// The image, below the folder.
    let file: String
    let index: Int
    let `class`: String
    /// The possible flags, the most probable first.
    let completions: [String]
    let probabilities: [Double]
    /// In nats.
    let entropy: Double
    /// The place in `completions` of the flag in the image.
    let drawn: Int
    /// The flag's pixels.
    let region: Region
    /// Where asked for: an image for each of the completions, alike outside the region.
    let renderings: [String]?
  }

  let output: String
  let quality: Int
  /// Whether every completion of the validation images is written too, below `completions`.
  let completions: Bool
  private let staging: String

  init(output: String, quality: Int, completions: Bool) {
    let path = output.count > 1 && output.hasSuffix("/") ? String(output.dropLast()) : output
    let url = URL(fileURLWithPath: path)
    self.output = path
    self.quality = quality
    self.completions = completions
    staging = url.deletingLastPathComponent().path + "/.\(url.lastPathComponent).partial"
  }

  /// Refuses a folder with anything in it, and one whose parent does not exist.
  func check() throws {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: output, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw CommandError("--output \(output) is a file; name a folder that does not exist yet")
      }
      guard try manager.contentsOfDirectory(atPath: output).isEmpty else {
        throw CommandError("--output \(output) is not empty; name a folder that does not exist yet")
      }
    }
    let parent = URL(fileURLWithPath: staging).deletingLastPathComponent().path
    guard manager.fileExists(atPath: parent, isDirectory: &isFolder), isFolder.boolValue else {
      throw CommandError("--output \(output): there is no folder \(parent); create it first")
    }
  }

  /// - Parameter progress: told the number of images written.
  /// - Throws: `FileError`; nothing is left then.
  func write(
    train: AmbiguousScenes, validation: AmbiguousScenes, progress: (Int) -> Void = { _ in }
  ) throws {
    let manager = FileManager.default
    try? manager.removeItem(atPath: staging)  // of an export that was killed
    do {
      try makeFolder(staging)
      var lines = ""
      var done = 0
      for (part, dataset) in [("train", train), ("val", validation)] {
        let names = dataset.classNames
        for name in names { try makeFolder("\(staging)/\(part)/\(name)") }
        for index in 0..<dataset.count {
          let name = names[dataset.label(at: index)]
          lines += try write(dataset.scene(at: index), index, part: part, class: name)
          done += 1
          progress(done)
        }
      }
      try AtomicFile.write(lines, to: staging + "/truth.jsonl")
      // Replaces an empty folder, and fails on any other.
      guard rename(staging, output) == 0 else { throw FileError.last(output, "create") }
    } catch {
      try? manager.removeItem(atPath: staging)
      throw error
    }
  }

  /// Writes one scene's images.
  /// - Returns: its line.
  private func write(
    _ scene: AmbiguousScene, _ index: Int, part: String, class name: String
  ) throws -> String {
    let digits = String(index + 1)
    let number = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    let file = "\(part)/\(name)/\(number).jpg"
    try write(scene.image, to: file)
    var renderings: [String]?
    if completions, part == "val" {
      try makeFolder("\(staging)/completions")
      let files = scene.completions.indices.map { "completions/\(number)-\($0).jpg" }
      for (completion, file) in files.enumerated() {
        try write(scene.image(completion: completion), to: file)
      }
      renderings = files
    }
    let region = scene.region
    let truth = Truth(
      file: file, index: index, class: name, completions: scene.completions.map(\.description),
      probabilities: scene.probabilities, entropy: scene.entropy, drawn: scene.drawn,
      region: .init(x: region.x, y: region.y, width: region.width, height: region.height),
      renderings: renderings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(truth), as: UTF8.self) + "\n"
  }

  /// The folder as a whole is what appears at once, so that files need no care of their own.
  private func write(_ image: Image, to file: String) throws {
    let data = try JPEGFile.encode(image, quality: quality, name: "\(output)/\(file)")
    let path = "\(staging)/\(file)"
    guard let stream = fopen(path, "wb") else { throw FileError.last("\(output)/\(file)", "write") }
    let written = data.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
    let code = errno
    guard fclose(stream) == 0, written == data.count else {
      throw FileError.last("\(output)/\(file)", "write", code: written < data.count ? code : errno)
    }
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: path, action: "create", reason: (error as NSError).localizedDescription)
    }
  }
}

extension FileError {
  /// The system's reason for a call that has failed.
  fileprivate static func last(_ path: String, _ action: String, code: Int32 = errno) -> FileError {
    FileError(path: path, action: action, reason: String(cString: strerror(code)))
  }
}
