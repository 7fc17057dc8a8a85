import CJEPAImageFile
import JEPATensor
import CJPEG  // for its link to libjpeg, which CJEPAImageFile calls
import Foundation

/// JPEG files through libjpeg.
public enum JPEGFile {
  /// Decodes a file. See `decode(_:name:)`.
  public static func decode(_ url: URL) throws -> Image {
    try decode(ImageFile.bytes(of: url), name: url.path)
  }

  /// Decodes a JPEG in memory; greyscale, CMYK and YCCK (inverted, as Adobe writes them) become
  /// RGB.
  ///
  /// - Parameters:
  ///   - name: What errors call it.
  ///   - defects: Counts the file where libjpeg warns of a defect that leaves every pixel intact.
  /// - Throws: `ImageError`, also where libjpeg would only warn that data are missing or damaged,
  ///   and when the image has more than `Image.maximumPixelCount` pixels.
  public static func decode(
    _ data: Data, name: String, defects: ImageDefects? = nil
  ) throws -> Image {
    try data.withUnsafeBytes { try decode($0, name: name, defects: defects) }
  }

  static func decode(
    _ bytes: UnsafeRawBufferPointer, name: String, defects: ImageDefects? = nil
  ) throws -> Image {
    try withReason { reason in
      guard
        let reader = cjepa_jpeg_open(
          bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, reason)
      else { throw ImageError(name: name, decoder: String(cString: reason)) }
      defer { cjepa_jpeg_close(reader) }
      let width = Int(cjepa_jpeg_width(reader))
      let height = Int(cjepa_jpeg_height(reader))
      try ImageFile.checkSize(
        width: width, height: height, bytes: bytes.count,
        pixelsPerByte: Int(cjepa_jpeg_pixels_per_byte(reader)), name: name)
      if cjepa_jpeg_check_memory(reader, bytes.count, reason) != 0 {
        throw ImageError(name: name, reason: .unsupported(String(cString: reason)))
      }
      let image = try Image(width: width, height: height) { pixels in
        if cjepa_jpeg_read(reader, pixels.baseAddress, reason) != 0 {
          throw ImageError(name: name, decoder: String(cString: reason))
        }
      }
      let found = cjepa_jpeg_defects(reader)
      if found != 0 {
        defects?.note(defectBits.filter { found & $0.bit != 0 }.map(\.defect), in: name)
      }
      return image
    }
  }

  private static let defectBits: [(bit: UInt32, defect: ImageDefect)] = [
    (CJEPA_JPEG_JFIF_VERSION, .jfifVersion), (CJEPA_JPEG_ADOBE_TRANSFORM, .adobeTransform),
    (CJEPA_JPEG_STRAY_BYTES, .strayBytes), (CJEPA_JPEG_SCAN_PARAMETERS, .scanParameters),
  ]

  /// How finely colour is kept.
  public enum Chroma: Sendable {
    /// For every pixel (4:4:4). What one block of 8 × 8 pixels shows then changes no other block.
    case full
    /// For every two by two pixels (4:2:0), for smaller files; colours bleed over edges.
    case halved
  }

  /// Encodes an image.
  ///
  /// - Parameter quality: 1 (smallest) ... 100 (best), in libjpeg's scale.
  /// - Throws: `ImageError` when the image is too large for the format (65,500 pixels a side).
  public static func encode(
    _ image: Image, quality: Int = 95, chroma: Chroma = .full, name: String = "image"
  ) throws -> Data {
    require(1...100 ~= quality, "JPEGFile.encode: quality \(quality) is outside 1 ... 100")
    return try withReason { reason in
      var bytes: UnsafeMutablePointer<UInt8>?
      var count = 0
      let status = cjepa_jpeg_write(
        image.pixels, Int32(image.width), Int32(image.height), Int32(quality),
        chroma == .full ? 1 : 2, &bytes, &count, reason)
      guard status == 0, let bytes else {
        throw ImageError(name: name, reason: .unwritable(String(cString: reason)))
      }
      defer { free(bytes) }
      return Data(bytes: bytes, count: count)
    }
  }

  /// Encodes an image and writes the file whole or not at all.
  public static func write(
    _ image: Image, to url: URL, quality: Int = 95, chroma: Chroma = .full
  ) throws {
    try ImageFile.write(
      encode(image, quality: quality, chroma: chroma, name: url.path), to: url)
  }

}

/// Calls `body` with room for a reason, as the C functions write it.
func withReason<R>(_ body: (UnsafeMutablePointer<CChar>) throws -> R) rethrows -> R {
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CJEPA_REASON_SIZE)) {
    $0.initialize(repeating: 0)
    return try body($0.baseAddress!)
  }
}
