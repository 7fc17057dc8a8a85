import Foundation
import JEPATensor

/// Image files of either format, told apart by content, not by name.
public enum ImageFile {
  /// The most bytes that a file may have: those of the largest image, not compressed.
  public static let maximumByteCount = 3 * Image.maximumPixelCount

  /// The extensions that folders are searched for, in lower case.
  public static let extensions: Set<String> = ["jpg", "jpeg", "png"]

  /// Whether a file's name ends like an image's, in any case.
  public static func hasImageExtension(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// Decodes a JPEG or PNG file into RGB.
  ///
  /// - Throws: `ImageError` that names the file and the reason.
  public static func decode(_ url: URL) throws -> Image {
    try decode(bytes(of: url), name: url.path)
  }

  /// Decodes a JPEG or PNG in memory into RGB.
  public static func decode(_ data: Data, name: String) throws -> Image {
    try data.withUnsafeBytes { bytes in
      if bytes.starts(with: [0xFF, 0xD8]) { return try JPEGFile.decode(bytes, name: name) }
      if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        return try PNGFile.decode(bytes, name: name)
      }
      if bytes.isEmpty { throw ImageError(name: name, reason: .damaged("the file is empty")) }
      throw ImageError(name: name, reason: .unknownFormat)
    }
  }

  static func bytes(of url: URL) throws -> Data {
    do throws(RegularFile.Failure) {
      return try RegularFile.contents(of: url.path, limit: maximumByteCount)
    } catch {
      throw ImageError(name: url.path, failure: error)
    }
  }

  static func write(_ data: Data, to url: URL) throws {
    do {
      try data.write(to: url, options: .atomic)
    } catch {
      throw ImageError(name: url.path, reason: .unwritable(plainReason(of: error)))
    }
  }

  /// Refuses sizes that are too large, or that a file so small cannot be of: memory is taken for what is
  /// there, not for what a header claims.
  ///
  /// - Parameters:
  ///   - bytes: the file's.
  ///   - pixelsPerByte: the most that the format makes of one byte.
  static func checkSize(
    width: Int, height: Int, bytes: Int, pixelsPerByte: Int, name: String
  ) throws {
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    if overflow || count > Image.maximumPixelCount {
      throw ImageError(name: name, reason: .tooLarge(width: width, height: height))
    }
    if count <= 0 { throw ImageError(name: name, reason: .damaged("it has no pixels")) }
    guard count / pixelsPerByte <= bytes else {
      throw ImageError(
        name: name,
        reason: .damaged("it claims \(width)x\(height) pixels, which \(bytes) bytes cannot hold"))
    }
  }
}

/// One line for a Foundation error about a file.
func plainReason(of error: any Error) -> String {
  let code = (error as? CocoaError)?.code
  switch code {
  case .fileReadNoSuchFile, .fileNoSuchFile: return "no such file"
  case .fileReadNoPermission, .fileWriteNoPermission: return "permission denied"
  case .fileWriteOutOfSpace: return "no space left"
  default: return (error as NSError).localizedDescription
  }
}
