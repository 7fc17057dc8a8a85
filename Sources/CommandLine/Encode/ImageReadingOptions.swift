import ArgumentParser
import Foundation
import JEPA
import JEPAData

/// How image files are read that no configuration speaks of.
struct ImageReadingOptions: ParsableArguments {
  @Flag(help: "Follow links that lead out of a folder of images, where the images are your own.")
  var followLinks = false
  @Flag(help: "Rotate and mirror images as their EXIF orientation says.")
  var exifOrientation = false

  var links: LinkPolicy { followLinks ? .anywhere : .inside }
  var decoding: ImageDecoding { ImageDecoding(appliesOrientation: exifOrientation) }

  /// A run's own settings, with what was asked for here on top.
  func applied(to data: DataConfiguration) -> DataConfiguration {
    var result = data
    if followLinks { result.followLinks = true }
    if exifOrientation { result.exifOrientation = true }
    return result
  }
}

extension FilePath {
  /// The path that an argument of this process names, whose bytes need not be UTF-8: Swift repairs the text of
  /// such arguments.
  init(argument text: String) {
    let original =
      text.contains("\u{FFFD}")
      ? (1..<Int(CommandLine.argc)).lazy
        .compactMap { CommandLine.unsafeArgv[$0] }
        .map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
        .first { String(decoding: $0, as: UTF8.self) == text } : nil
    self = original.map { FilePath(bytes: $0) } ?? FilePath(text)
  }
}
