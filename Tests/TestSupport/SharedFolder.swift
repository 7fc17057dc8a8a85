import Foundation

/// The folder of this package.
public let packageRoot: URL = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The optional folder of reference data: the environment's `JEPA_SHARED`, or `../shared` beside the
/// package; nil where it does not exist.
public var sharedFolder: URL? {
  let environment = ProcessInfo.processInfo.environment["JEPA_SHARED"]
  let folder =
    environment.map { URL(fileURLWithPath: $0) }
    ?? packageRoot.deletingLastPathComponent().appendingPathComponent("shared")
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
    && isFolder.boolValue ? folder : nil
}

/// A file or folder within ``sharedFolder``; where it is absent, prints why the test is skipped.
public func sharedFile(_ path: String) -> URL? {
  guard let folder = sharedFolder else {
    print("skipped: no folder JEPA_SHARED (default ../shared) for \(path)")
    return nil
  }
  let file = folder.appendingPathComponent(path)
  if FileManager.default.fileExists(atPath: file.path) { return file }
  print("skipped: \(file.path) does not exist")
  return nil
}
