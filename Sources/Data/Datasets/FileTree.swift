import Foundation

/// Folder listings, sorted by the bytes of the names, without hidden files.
enum FileTree {
  /// The names in a folder.
  ///
  /// - Throws: `DatasetError` when it is missing or unreadable.
  static func names(in folder: String) throws -> [String] {
    guard isFolder(folder) else { throw DatasetError(path: folder, reason: .missingFolder) }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw DatasetError(path: folder, reason: .unreadable(plainReason(of: error)))
    }
  }

  /// The folders in a folder, by name.
  static func folders(in folder: String) throws -> [String] {
    try names(in: folder).filter { isFolder(folder + "/" + $0) }
  }

  /// The image files directly in a folder, by name.
  static func imageNames(in folder: String) throws -> [String] {
    try names(in: folder).filter(ImageFile.hasImageExtension)
  }

  /// The paths of all image files below a folder. Links are followed, to a depth of 32.
  static func images(under folder: String, depth: Int = 0) throws -> [String] {
    if depth > 32 {
      throw DatasetError(path: folder, reason: .unreadable("folders more than 32 deep"))
    }
    return try names(in: folder).flatMap { name -> [String] in
      let path = folder + "/" + name
      if ImageFile.hasImageExtension(name) { return [path] }
      return isFolder(path) ? try images(under: path, depth: depth + 1) : []
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var folder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder.boolValue
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// A text file's lines, without their ends.
  static func lines(of path: String) throws -> [String] {
    guard exists(path) else { throw DatasetError(path: path, reason: .missingFile) }
    do {
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
      return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        .map(String.init)
    } catch {
      throw DatasetError(path: path, reason: .unreadable(plainReason(of: error)))
    }
  }
}
