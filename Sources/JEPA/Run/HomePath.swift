import Foundation

/// Paths that begin with `~`, which nobody but a shell expands, and which a shell leaves alone within quotes,
/// after `=`, and in configuration files.
package enum HomePath {
  /// `path` with `~` replaced by the user's home folder, and `~name` by that of another user.
  ///
  /// The home folder is `HOME` where that is set, else what the system's list of users says.
  /// - Throws: `FileError` where there is no such user or home folder.
  package static func expanded(_ path: String) throws -> String {
    try expanded(path, home: ProcessInfo.processInfo.environment["HOME"])
  }

  /// - Parameter home: the value of `HOME`.
  static func expanded(_ path: String, home: String?) throws -> String {
    guard path.hasPrefix("~") else { return path }
    let end = path.firstIndex(of: "/") ?? path.endIndex
    let name = path[path.index(after: path.startIndex)..<end]
    let rest = path[end...]
    if name.isEmpty, let home, !home.isEmpty { return joined(home, rest) }
    let entry = name.isEmpty ? getpwuid(getuid()) : getpwnam(String(name))
    guard let folder = entry?.pointee.pw_dir.map({ String(cString: $0) }), !folder.isEmpty else {
      throw FileError(
        path: path, action: "expand",
        reason: (name.isEmpty ? "HOME is not set" : "there is no user \(name)")
          + "; write the whole path, or ./\(path) for a name that begins with ~")
    }
    return joined(folder, rest)
  }

  private static func joined(_ home: String, _ rest: Substring) -> String {
    home.hasSuffix("/") && !rest.isEmpty ? home + rest.dropFirst() : home + rest
  }
}
