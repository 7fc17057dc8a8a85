import Foundation
import JEPATensor

/// A text file that says of itself whether it is whole: its first line announces a last one, which has the CRC-32C of
/// what stands before it.
///
/// A configuration that was cut after a line would otherwise be one with other values.
enum WholeText {
  private static let first = "# Written by jepa; the last line says that this file is whole.\n"
  private static let last = "# complete "

  static func marked(_ text: String) -> String {
    let text = first + text
    return text + last + CRC32C.digits(CRC32C.checksum(Array(text.utf8))) + "\n"
  }

  /// Refuses a run's configuration that was cut or changed. One without the marks, of an earlier version or put there
  /// by hand, must have every section.
  /// - Throws: `FileError`.
  static func require(_ path: String) throws {
    let bytes: Data
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.contents(of: path, limit: ConfigurationBounds.length)
    } catch {
      throw FileError(path: path, action: "read", reason: error.reason)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("# Written by jepa; ") || text.contains("\n" + last) else {
      return try requireSections(text, path)
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 2, lines.last == "", lines[lines.count - 2].hasPrefix(last) else {
      throw FileError(
        path: path, action: "read",
        reason:
          "it is cut short: its last line, \"\(last)...\", is missing; put the whole file there")
    }
    let line = lines[lines.count - 2]
    let before = Array(bytes.prefix(bytes.count - line.utf8.count - 1))
    guard line.dropFirst(last.count) == CRC32C.digits(CRC32C.checksum(before)) else {
      throw FileError(
        path: path, action: "read",
        reason:
          "it is damaged or was edited: its checksum differs; if the change is meant, remove its "
          + "first and last lines")
    }
  }

  private static func requireSections(_ text: String, _ path: String) throws {
    let lines = Set(text.split { $0.isNewline }.map { $0.prefix { $0 != ":" } })
    let missing = TrainingConfiguration.schema.map(\.name).filter { !lines.contains($0[...]) }
    guard missing.isEmpty else {
      throw FileError(
        path: path, action: "read",
        reason:
          "it is cut short: there is no section \(missing.joined(separator: ", ")); put the whole "
          + "file there")
    }
  }
}
