import Foundation

/// The most memory that the process has held since it was last asked to forget.
enum PeakMemory {
  /// Begins anew from what is held now.
  /// - Returns: whether the system can do that.
  static func reset() -> Bool {
    // The documented way of proc(5): 5 resets the peak of the resident set.
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data("5".utf8))) != nil
  }

  /// The peak of the resident set; nil where the system does not tell.
  static var bytes: Int? {
    // Not getrusage's: that has the peak of whoever started the process in it, and knows of no reset.
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({
        Int($0)
      })
    else { return nil }
    return kibibytes * 1024
  }
}
