import Foundation
import JEPATensor

/// The folders of a data set: listings sorted by the bytes of the names, without hidden files and what systems
/// put beside a user's own.
final class FileTree {
  /// The most bytes of a list of classes or annotations.
  static let maximumTextLength = 1 << 26

  /// Something in a folder.
  private struct Entry {
    let name: FilePath
    let isFolder: Bool
    var isImage: Bool { !isFolder && ImageFile.hasImageExtension(name.text) }
  }

  /// Folders of thumbnails, wastebaskets and archives' leftovers: never a user's images. Those whose names
  /// begin with a dot are left out too.
  private static let systemFolders: Set<String> = [
    "@eaDir", "__MACOSX", "#recycle", "@Recycle", "@Recently-Snapshot", "#snapshot", "@tmp",
    "$RECYCLE.BIN",
    "System Volume Information", "lost+found",
  ]

  private let root: DataRoot
  /// Files met where images were listed, and not read.
  private(set) var passedOver = FilesPassedOver()

  init(_ root: DataRoot) { self.root = root }

  /// What is in a folder, links with what they lead to.
  ///
  /// - Throws: `DatasetError` when it is missing or unreadable, or it or a link in it leads out of the root.
  private func entries(in folder: FilePath) throws -> [Entry] {
    try Self.requireFolder(folder)
    try root.check(folder)
    func unreadable() -> DatasetError {
      DatasetError(path: folder.text, reason: .unreadable(String(cString: strerror(errno))))
    }
    guard let stream = folder.withCString({ opendir($0) }) else { throw unreadable() }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw unreadable() }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        FilePath(bytes: bytes.prefix { $0 != 0 })
      }
      if name.text.hasPrefix(".") || Self.systemFolders.contains(name.text) { continue }
      var kind = Int(entry.pointee.d_type)
      let path = folder.appending(name)
      if kind == Int(DT_UNKNOWN) {
        var status = stat()
        let known = path.withCString { lstat($0, &status) } == 0
        kind = known ? Int(status.st_mode & S_IFMT) >> 12 : kind
      }
      let isLink = kind == Int(DT_LNK)
      if isLink { try root.check(path) }
      entries.append(
        Entry(name: name, isFolder: kind == Int(DT_DIR) || isLink && Self.isFolder(path)))
    }
    return entries.sorted { $0.name < $1.name }
  }

  /// The folders in a folder, by name.
  func folders(in folder: FilePath) throws -> [FilePath] {
    try entries(in: folder).filter(\.isFolder).map(\.name)
  }

  /// The image files directly in a folder, by name.
  func imageNames(in folder: FilePath) throws -> [FilePath] {
    let entries = try entries(in: folder)
    for entry in entries where !entry.isFolder { passedOver.add(entry.name.text) }
    return entries.filter(\.isImage).map(\.name)
  }

  /// The number of image files directly in a folder; 0 where there is no such folder.
  func imageCount(in folder: FilePath) throws -> Int {
    Self.isFolder(folder) ? try entries(in: folder).count(where: \.isImage) : 0
  }

  /// The paths of all image files below a folder, to a depth of 32. A folder that links lead to again is
  /// read once.
  func images(under folder: FilePath) throws -> [FilePath] {
    var seen = Set<String>()
    var paths: [FilePath] = []
    try visit(folder, depth: 0, &seen) { folder, entry in
      if entry.isImage {
        paths.append(folder.appending(entry.name))
      } else {
        passedOver.add(entry.name.text)
      }
      return true
    }
    return paths
  }

  /// Whether there is an image anywhere below a folder.
  func hasImage(under folder: FilePath) throws -> Bool {
    var seen = Set<String>()
    var found = false
    try visit(folder, depth: 0, &seen) { _, entry in
      found = found || entry.isImage
      return !found
    }
    return found
  }

  /// Calls `body` with each file below a folder, and its folder, until it returns false.
  @discardableResult
  private func visit(
    _ folder: FilePath, depth: Int, _ seen: inout Set<String>, _ body: (FilePath, Entry) -> Bool
  ) throws -> Bool {
    if depth > 32 {
      throw DatasetError(path: folder.text, reason: .unreadable("folders more than 32 deep"))
    }
    if let real = try root.check(folder), !seen.insert(real).inserted { return true }
    for entry in try entries(in: folder) {
      let goesOn =
        entry.isFolder
        ? try visit(folder.appending(entry.name), depth: depth + 1, &seen, body)
        : body(folder, entry)
      if !goesOn { return false }
    }
    return true
  }

  static func isFolder(_ path: FilePath) -> Bool {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Refuses what is no folder.
  static func requireFolder(_ path: FilePath) throws {
    if isFolder(path) { return }
    throw DatasetError(path: path.text, reason: exists(path) ? .notAFolder : .missingFolder)
  }

  static func exists(_ path: FilePath) -> Bool { path.withCString { access($0, F_OK) } == 0 }

  /// A text file's lines, without their ends and a byte-order mark. Bytes that are not UTF-8 become what
  /// `FilePath.text` has for them; a file that begins with UTF-16's mark is read as UTF-16.
  ///
  /// - Throws: `DatasetError` when it is missing, not a regular file, longer than `maximumTextLength`, or
  ///   leads out of the root.
  func lines(of path: FilePath) throws -> [String] {
    guard Self.exists(path) else { throw DatasetError(path: path.text, reason: .missingFile) }
    try root.check(path)
    let result = path.withCString { pointer in
      Result { () throws(RegularFile.Failure) in
        try RegularFile.contents(of: pointer, limit: Self.maximumTextLength)
      }
    }
    switch result {
    case .success(let data): return Self.lines(in: data)
    case .failure(let failure):
      throw DatasetError(path: path.text, reason: .unreadable(failure.reason))
    }
  }

  private static func lines(in data: Data) -> [String] {
    let text: String
    if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
      text = String(data: data, encoding: .utf16) ?? ""
    } else {
      let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
      text = FilePath(bytes: bytes).text
    }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(
      String.init)
  }
}
