import Foundation

/// Whether links in a data set's folder may lead out of it.
public enum LinkPolicy: Sendable {
  /// Links within the folder are followed, others are refused.
  case inside
  /// Every link is followed.
  case anywhere
}

/// The folder of a data set, which nothing that belongs to it may lie outside of.
struct DataRoot {
  let links: LinkPolicy
  /// The folder's path without links, with a slash at its end; nil where it does not exist.
  private let real: String?

  init(_ path: FilePath, links: LinkPolicy) {
    self.links = links
    real = Self.resolved(path).map { $0.hasSuffix("/") ? $0 : $0 + "/" }
  }

  /// Refuses a path that leads out. What does not exist leads nowhere.
  ///
  /// - Returns: the path without links, nil where there is no such thing.
  /// - Throws: `DatasetError`.
  @discardableResult
  func check(_ path: FilePath) throws -> String? {
    guard let target = Self.resolved(path) else { return nil }
    guard links == .inside, let real, !(target + "/").hasPrefix(real) else { return target }
    throw DatasetError(path: path.text, reason: .leadsOut(target))
  }

  private static func resolved(_ path: FilePath) -> String? {
    guard let found = path.withCString({ realpath($0, nil) }) else { return nil }
    defer { free(found) }
    let bytes = UnsafeRawBufferPointer(start: found, count: strlen(found))
    return FilePath(bytes: bytes).text
  }
}
