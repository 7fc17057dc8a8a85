import CPNG
import Foundation

/// PNG files through libpng.
public enum PNGFile {
  /// Decodes a file. See `decode(_:name:)`.
  public static func decode(_ url: URL) throws -> Image {
    try decode(ImageFile.bytes(of: url), name: url.path)
  }

  /// Decodes a PNG in memory. Greyscale and palette become RGB, 16 bits become 8, and an alpha
  /// channel is dropped.
  ///
  /// - Parameter name: What errors call it.
  /// - Throws: `ImageError` when it is damaged or has more than `Image.maximumPixelCount` pixels.
  public static func decode(_ data: Data, name: String) throws -> Image {
    try data.withUnsafeBytes { try decode($0, name: name) }
  }

  static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws -> Image {
    var png = png_image()
    png.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&png) }
    guard let base = bytes.baseAddress,
      png_image_begin_read_from_memory(&png, base, bytes.count) != 0
    else { throw ImageError(name: name, decoder: message(of: png)) }
    let width = Int(png.width)
    let height = Int(png.height)
    // A byte of a PNG is 1,032 at most once it is inflated, and each of those is 8 pixels at most.
    try ImageFile.checkSize(
      width: width, height: height, bytes: bytes.count, pixelsPerByte: 8 * 1032, name: name)
    // 16-bit values are taken as they are, not as linear light.
    png.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    png.format = UInt32(PNG_FORMAT_FLAG_COLOR) | UInt32(PNG_FORMAT_FLAG_ALPHA)
    var rgba = [UInt8](repeating: 0, count: width * height * 4)
    let status = rgba.withUnsafeMutableBytes {
      png_image_finish_read(&png, nil, $0.baseAddress, Int32(width * 4), nil)
    }
    guard status != 0 else {
      throw ImageError(name: name, decoder: message(of: png))
    }
    return Image(width: width, height: height) { pixels in
      rgba.withUnsafeBufferPointer { rgba in
        for i in 0..<width * height {
          for c in 0..<3 { pixels[3 * i + c] = rgba[4 * i + c] }
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
