import CWebP
import Foundation

/// WebP files through libwebp.
public enum WebPFile {
  /// Decodes a WebP in memory, lossy or lossless; an alpha channel is dropped.
  ///
  /// - Parameter name: What errors call it.
  /// - Throws: `ImageError` when it is damaged, an animation, or has more than `Image.maximumPixelCount`
  ///   pixels.
  public static func decode(_ data: Data, name: String) throws -> Image {
    try data.withUnsafeBytes { try decode($0, name: name) }
  }

  static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws -> Image {
    let base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    var configuration = WebPDecoderConfig()
    guard WebPInitDecoderConfig(&configuration) != 0 else {
      throw ImageError(name: name, reason: .unsupported("a WebP image for another libwebp"))
    }
    let header = WebPGetFeatures(base, bytes.count, &configuration.input)
    guard header == VP8_STATUS_OK else { throw damaged(header, name) }
    if configuration.input.has_animation != 0 {
      throw ImageError(name: name, reason: .unsupported("an animated WebP"))
    }
    let width = Int(configuration.input.width)
    let height = Int(configuration.input.height)
    // WebP has no bound of its own; encoders reach 26,000 on one color, lossless, and 600 lossy.
    try ImageFile.checkSize(
      width: width, height: height, bytes: bytes.count, pixelsPerByte: 65536, name: name)
    return try Image(width: width, height: height) { pixels in
      configuration.output.colorspace = MODE_RGB
      configuration.output.is_external_memory = 1
      configuration.output.u.RGBA.rgba = pixels.baseAddress
      configuration.output.u.RGBA.stride = Int32(3 * width)
      configuration.output.u.RGBA.size = pixels.count
      let status = WebPDecode(base, bytes.count, &configuration)
      WebPFreeDecBuffer(&configuration.output)
      guard status == VP8_STATUS_OK else { throw damaged(status, name) }
    }
  }

  private static func damaged(_ status: VP8StatusCode, _ name: String) -> ImageError {
    let text =
      switch status {
      case VP8_STATUS_OUT_OF_MEMORY: "out of memory"
      case VP8_STATUS_UNSUPPORTED_FEATURE: "it uses a feature that libwebp does not know"
      case VP8_STATUS_SUSPENDED, VP8_STATUS_NOT_ENOUGH_DATA: "the file ends too early"
      default: "corrupt WebP data"
      }
    return ImageError(name: name, decoder: text)
  }
}
