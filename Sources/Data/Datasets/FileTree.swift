import Foundation
import JEPATensor

/// Folder listings, sorted by the bytes of the names, without hidden files.
enum FileTree {
  /// The most bytes of a list of classes or annotations.
  static let maximumTextLength = 1 << 26

  /// Something in a folder.
  private struct Entry {
    let name: String
    let isLink: Bool
    let isFolder: Bool
  }

  /// What is in a folder, links with what they lead to.
  ///
  /// - Throws: `DatasetError` when it is missing or unreadable, or it or a link in it leads out of `root`.
  private static func entries(in folder: String, _ root: DataRoot) throws -> [Entry] {
    guard isFolder(folder) else { throw DatasetError(path: folder, reason: .missingFolder) }
    try root.check(folder)
    guard let stream = opendir(folder) else {
      throw DatasetError(path: folder, reason: .unreadable(String(cString: strerror(errno))))
    }
    defer { closedir(stream) }
    var entries: [Entry] = []
    // An end of the folder and an error look alike but for the code.
    errno = 0
    while let entry = readdir(stream) {
      defer { errno = 0 }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
          String(cString: $0)
        }
      }
      if name.hasPrefix(".") { continue }
      let path = folder + "/" + name
      var kind = Int(entry.pointee.d_type)
      if kind == Int(DT_UNKNOWN) {
        var status = stat()
        let known = lstat(path, &status) == 0
        kind = known ? Int(status.st_mode & S_IFMT) >> 12 : kind
      }
      let isLink = kind == Int(DT_LNK)
      if isLink { try root.check(path) }
      entries.append(
        Entry(
          name: name, isLink: isLink,
          isFolder: kind == Int(DT_DIR) || isLink && isFolder(path)))
    }
    guard errno == 0 else {
      throw DatasetError(path: folder, reason: .unreadable(String(cString: strerror(errno))))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The folders in a folder, by name.
  static func folders(in folder: String, _ root: DataRoot) throws -> [String] {
    try entries(in: folder, root).filter(\.isFolder).map(\.name)
  }

  /// The image files directly in a folder, by name.
  static func imageNames(in folder: String, _ root: DataRoot) throws -> [String] {
    try entries(in: folder, root).map(\.name).filter(ImageFile.hasImageExtension)
  }

  /// The paths of all image files below a folder, to a depth of 32. A folder that links lead to again is
  /// read once.
  static func images(under folder: String, _ root: DataRoot) throws -> [String] {
    var seen = Set<String>()
    return try images(under: folder, root, depth: 0, &seen)
  }

  private static func images(
    under folder: String, _ root: DataRoot, depth: Int, _ seen: inout Set<String>
  ) throws -> [String] {
    if depth > 32 {
      throw DatasetError(path: folder, reason: .unreadable("folders more than 32 deep"))
    }
    if let real = try root.check(folder), !seen.insert(real).inserted { return [] }
    var paths: [String] = []
    for entry in try entries(in: folder, root) {
      let path = folder + "/" + entry.name
      if ImageFile.hasImageExtension(entry.name) {
        paths.append(path)
      } else if entry.isFolder {
        paths += try images(under: path, root, depth: depth + 1, &seen)
      }
    }
    return paths
  }

  static func isFolder(_ path: String) -> Bool {
    var folder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder.boolValue
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// A text file's lines, without their ends.
  ///
  /// - Throws: `DatasetError` when it is missing, not a regular file, longer than `maximumTextLength`, or
  ///   leads out of `root`.
  static func lines(of path: String, _ root: DataRoot) throws -> [String] {
    guard exists(path) else { throw DatasetError(path: path, reason: .missingFile) }
    try root.check(path)
    let data: Data
    do throws(RegularFile.Failure) {
      data = try RegularFile.contents(of: path, limit: maximumTextLength)
    } catch {
      throw DatasetError(path: path, reason: .unreadable(error.reason))
    }
    return String(decoding: data, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
  }
}
