import Foundation
import JEPA
import JEPAData

/// The image files that `jepa encode` was given, sorted by name.
struct EncodedFiles {
  struct File: Sendable {
    /// What the output calls it.
    var name: String
    let path: FilePath
  }

  private(set) var files: [File] = []
  /// What a user should know of the folders, a line each.
  private(set) var remarks: [String] = []

  /// - Parameter arguments: folders and files. A file that is given twice is taken once. Its name is what follows
  ///   the folder given, or a single file's last part; where two would have the same name, all keep the
  ///   folders.
  init(_ arguments: [String], links: LinkPolicy) throws {
    var seen = Set<FilePath>()
    for argument in arguments {
      var text = argument
      while text.count > 1, text.hasSuffix("/") { text.removeLast() }
      let path = FilePath(argument: text)
      switch Self.kind(of: path) {
      case nil:
        throw CommandError("--images \(argument): no such folder or file; check the path")
      case S_IFDIR:
        let found = try ImageFiles(folder: path, links: links)
        remarks += found.remarks
        let skipped = text == "/" ? 2 : path.text.utf8.count + 1
        for file in found.files where seen.insert(file).inserted {
          let name = String(decoding: file.text.utf8.dropFirst(skipped), as: UTF8.self)
          files.append(File(name: name, path: file))
        }
      default:
        if seen.insert(path).inserted {
          files.append(File(name: path.lastComponent.text, path: path))
        }
      }
    }
    guard !files.isEmpty else {
      throw CommandError("--images names no image; give folders or files")
    }
    if Set(files.map(\.name)).count < files.count {
      for index in files.indices { files[index].name = files[index].path.text }
    }
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The kind of file at a path, as `stat` has it; nil where there is none.
  private static func kind(of path: FilePath) -> mode_t? {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 ? status.st_mode & S_IFMT : nil
  }

  /// Reads every file, and leaves out those that are no sound images, with a line on each.
  ///
  /// - Throws: `CommandError` where none is left, `ImageError` where the system cannot read one.
  func withoutBroken(_ decoding: ImageDecoding) throws -> (files: [File], skipped: [File]) {
    var (sound, skipped): ([File], [File]) = ([], [])
    var status = StatusLine()
    let block = 32 * Parallelism.threads
    for start in stride(from: 0, to: files.count, by: block) {
      let range = start..<min(start + block, files.count)
      let errors = try parallelMap(range.count) { [files] index throws -> String? in
        do {
          _ = try ImageFile.decode(files[start + index].path, decoding)
          return nil
        } catch let error as ImageError where Self.isBroken(error) {
          return error.description
        }
      }
      for (index, error) in zip(range, errors) {
        if let error {
          status.clear()
          StandardErrorLog.write("skipped \(error)")
          skipped.append(files[index])
        } else {
          sound.append(files[index])
        }
      }
      status.show("images looked at", range.upperBound, of: files.count)
    }
    status.clear()
    guard !sound.isEmpty else {
      throw CommandError(
        "--images: none of the \(files.count) files is a sound image; check the paths")
    }
    return (sound, skipped)
  }

  /// Whether an error is the file's own, not the system's.
  static func isBroken(_ error: ImageError) -> Bool { !error.isSystemFailure }
}
