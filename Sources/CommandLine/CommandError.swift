import Foundation

/// A request that cannot be met: one line that names the option or file, the reason, and the way
/// out.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// Refuses, before any work is done, a file to write whose folder does not exist.
  static func requireFolder(of path: String, option: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder),
      isFolder.boolValue
    else {
      throw CommandError("\(option) \(path): there is no folder \(folder); create it first")
    }
    guard
      !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        || !isFolder.boolValue
    else {
      throw CommandError("\(option) \(path) is a folder; name a file in it")
    }
  }
}
