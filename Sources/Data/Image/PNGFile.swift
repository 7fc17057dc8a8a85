import CJEPAImageFile
import CPNG
import Foundation

/// PNG files through libpng.
public enum PNGFile {
  /// Decodes a file. See `decode(_:name:)`.
  public static func decode(_ url: URL) throws -> Image {
    try decode(ImageFile.bytes(of: url), name: url.path)
  }

  /// Decodes the stored values of a PNG in memory, whatever it says of gamma and color spaces, as PIL does.
  /// Greyscale and palette become RGB, of 16 bits the upper 8 are taken, and an alpha channel is dropped.
  ///
  /// - Parameter name: What errors call it.
  /// - Throws: `ImageError` when it is damaged or has more than `Image.maximumPixelCount` pixels.
  public static func decode(_ data: Data, name: String) throws -> Image {
    try data.withUnsafeBytes { try decode($0, name: name) }
  }

  static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws -> Image {
    try withReason { reason in
      guard
        let reader = cjepa_png_open(
          bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, reason)
      else { throw ImageError(name: name, decoder: String(cString: reason)) }
      defer { cjepa_png_close(reader) }
      let width = Int(cjepa_png_width(reader))
      let height = Int(cjepa_png_height(reader))
      // A byte of a PNG is 1,032 at most once it is inflated, and each of those is 8 pixels at most.
      try ImageFile.checkSize(
        width: width, height: height, bytes: bytes.count, pixelsPerByte: 8 * 1032, name: name)
      return try Image(width: width, height: height) { pixels in
        if cjepa_png_read(reader, pixels.baseAddress, reason) != 0 {
          throw ImageError(name: name, decoder: String(cString: reason))
        }
      }
    }
  }

  /// Encodes an image.
  public static func encode(_ image: Image, name: String = "image") throws -> Data {
    var png = png_image()
    png.version = UInt32(PNG_IMAGE_VERSION)
    png.width = UInt32(image.width)
    png.height = UInt32(image.height)
    png.format = UInt32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&png) }
    // An upper bound: zlib's stored blocks, a filter byte a row, and the chunks around them.
    let raw = (image.width * 3 + 1) * image.height
    var size = raw + raw / 1000 + 4096
    var data = Data(count: size)
    let status = data.withUnsafeMutableBytes {
      png_image_write_to_memory(
        &png, $0.baseAddress, &size, 0, image.pixels, Int32(image.width * 3), nil)
    }
    guard status != 0, size <= data.count else {
      throw ImageError(name: name, reason: .unwritable(message(of: png)))
    }
    return data.prefix(size)
  }

  /// Encodes an image and writes the file whole or not at all.
  public static func write(_ image: Image, to url: URL) throws {
    try ImageFile.write(encode(image, name: url.path), to: url)
  }

  private static func message(of png: png_image) -> String {
    withUnsafeBytes(of: png.message) { bytes in
      let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return text.isEmpty ? "no PNG header" : text
    }
  }
}
