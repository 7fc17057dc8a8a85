import Foundation
import JEPATensor

/// Image files of any format that is read, which their content says, not their name.
public enum ImageFile {
  /// The most bytes that a file may have: those of the largest image, not compressed.
  public static let maximumByteCount = 3 * Image.maximumPixelCount

  /// The extensions that folders are searched for, in lower case.
  public static let extensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp",
  ]

  /// The same for messages, the usual ones first.
  static let listedExtensions = ".jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp"

  /// Whether a file's name ends like an image's, in any case.
  public static func hasImageExtension(_ name: String) -> Bool {
    fileExtension(of: name).map(extensions.contains) ?? false
  }

  /// What follows the last dot of a name, in lower case.
  static func fileExtension(of name: String) -> String? {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    return name[name.index(after: dot)...].lowercased()
  }

  /// Decodes a JPEG, PNG, WebP or BMP file into RGB.
  ///
  /// - Throws: `ImageError` that names the file and the reason.
  public static func decode(_ url: URL, _ decoding: ImageDecoding = .init()) throws -> Image {
    try decode(FilePath(url.path), decoding)
  }

  /// The same for a path that need not be UTF-8.
  package static func decode(_ path: FilePath, _ decoding: ImageDecoding = .init()) throws -> Image
  {
    try decode(bytes(of: path), name: path.text, decoding)
  }

  /// Decodes a JPEG, PNG, WebP or BMP in memory into RGB.
  public static func decode(
    _ data: Data, name: String, _ decoding: ImageDecoding = .init()
  ) throws -> Image {
    try data.withUnsafeBytes { bytes in
      let image = try decode(bytes, name: name, decoding.defects)
      return decoding.appliesOrientation ? image.oriented(EXIFOrientation.of(bytes)) : image
    }
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, name: String, _ defects: ImageDefects?
  ) throws -> Image {
    if bytes.starts(with: [0xFF, 0xD8]) {
      return try JPEGFile.decode(bytes, name: name, defects: defects)
    }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      return try PNGFile.decode(bytes, name: name)
    }
    if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      return try WebPFile.decode(bytes, name: name)
    }
    if bytes.starts(with: "BM".utf8) { return try BMPFile.decode(bytes, name: name) }
    if bytes.isEmpty { throw ImageError(name: name, reason: .damaged("the file is empty")) }
    throw ImageError(name: name, reason: .unknownFormat)
  }

  static func bytes(of url: URL) throws -> Data { try bytes(of: FilePath(url.path)) }

  private static func bytes(of path: FilePath) throws -> Data {
    let result = path.withCString { pointer in
      Result { () throws(RegularFile.Failure) in
        try RegularFile.contents(of: pointer, limit: maximumByteCount)
      }
    }
    switch result {
    case .success(let data): return data
    case .failure(let failure):
      throw ImageError(name: path.text, failure: failure)
    }
  }

  static func write(_ data: Data, to url: URL) throws {
    do {
      let file = try PartialFile(for: url.path, isNamedByUser: true)
      try data.withUnsafeBytes { try file.write($0, at: 0) }
      try file.commit()
    } catch {
      let reason = (error as? PartialFile.Failure)?.reason ?? "\(error)"
      throw ImageError(name: url.path, reason: .unwritable(reason.lowercased()))
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
