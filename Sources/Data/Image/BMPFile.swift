import Foundation

/// Windows bitmaps: 1, 4 or 8 bits with a palette, 16, 24 or 32 bits, not compressed.
public enum BMPFile {
  /// Decodes a BMP in memory; an alpha channel is dropped.
  ///
  /// - Parameter name: What errors call it.
  /// - Throws: `ImageError` when it is cut short, compressed, or has more than `Image.maximumPixelCount` pixels.
  public static func decode(_ data: Data, name: String) throws -> Image {
    try data.withUnsafeBytes { try decode($0, name: name) }
  }

  static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws -> Image {
    let header = try Header(bytes, name)
    try ImageFile.checkSize(
      width: header.width, height: header.height, bytes: bytes.count, pixelsPerByte: 8, name: name)
    // Rows are filled up to multiples of four bytes.
    let stride = (header.width * header.bits + 31) / 32 * 4
    let used = (header.width * header.bits + 7) / 8
    guard header.start >= 0, header.start <= bytes.count,
      (header.height - 1) * stride + used <= bytes.count - header.start
    else { throw ImageError(name: name, reason: .damaged("the file ends too early")) }
    let palette = try header.bits <= 8 ? header.palette(bytes, name) : []
    return try Image(width: header.width, height: header.height) { pixels in
      for y in 0..<header.height {
        let row = header.start + (header.isTopDown ? y : header.height - 1 - y) * stride
        for x in 0..<header.width {
          let (red, green, blue) = try color(bytes, row, x, header, palette, name)
          let i = 3 * (y * header.width + x)
          (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue)
        }
      }
    }
  }

  private typealias Color = (UInt8, UInt8, UInt8)

  private static func color(
    _ bytes: UnsafeRawBufferPointer, _ row: Int, _ x: Int, _ header: Header, _ palette: [Color],
    _ name: String
  ) throws -> Color {
    switch header.bits {
    case 24:
      let i = row + 3 * x
      return (bytes[i + 2], bytes[i + 1], bytes[i])
    case 16, 32:
      let value =
        header.bits == 16
        ? UInt32(bytes.integer(UInt16.self, at: row + 2 * x))
        : bytes.integer(UInt32.self, at: row + 4 * x)
      return (header.masks[0].of(value), header.masks[1].of(value), header.masks[2].of(value))
    default:
      let perByte = 8 / header.bits
      let shift = 8 - header.bits * (x % perByte + 1)
      let index = Int(bytes[row + x / perByte] >> shift) & (1 << header.bits - 1)
      guard index < palette.count else {
        throw ImageError(
          name: name, reason: .damaged("color \(index) of a palette of \(palette.count)"))
      }
      return palette[index]
    }
  }

  /// The bits of a channel within a pixel.
  private struct ChannelMask {
    let shift: UInt32
    let largest: UInt32

    /// Nil where the bits are not side by side.
    init?(_ mask: UInt32) {
      shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount)
      largest = mask >> shift
      if largest & (largest &+ 1) != 0 { return nil }
    }

    func of(_ pixel: UInt32) -> UInt8 {
      largest == 0 ? 0 : UInt8(UInt64(pixel >> shift & largest) * 255 / UInt64(largest))
    }
  }

  private struct Header {
    let width: Int
    let height: Int
    let isTopDown: Bool
    let bits: Int
    /// Where the pixels begin.
    let start: Int
    /// Of red, green and blue.
    let masks: [ChannelMask]
    /// Where the palette begins, its colors, and the bytes of each.
    private let paletteStart: Int
    private let paletteCount: Int
    private let paletteStep: Int

    init(_ bytes: UnsafeRawBufferPointer, _ name: String) throws {
      func damaged(_ text: String) -> ImageError { ImageError(name: name, reason: .damaged(text)) }
      func unsupported(_ text: String) -> ImageError {
        ImageError(name: name, reason: .unsupported(text))
      }
      guard bytes.count >= 26 else { throw damaged("the file ends too early") }
      start = Int(bytes.integer(UInt32.self, at: 10))
      let size = Int(bytes.integer(UInt32.self, at: 14))
      let isCore = size == 12
      guard isCore || [40, 52, 56, 64, 108, 124].contains(size) else {
        throw unsupported("a BMP with a header of \(size) bytes")
      }
      guard bytes.count >= 14 + size else { throw damaged("the file ends too early") }
      if isCore {
        width = Int(bytes.integer(UInt16.self, at: 18))
        height = Int(bytes.integer(UInt16.self, at: 20))
        isTopDown = false
      } else {
        let signed = Int(bytes.integer(Int32.self, at: 22))
        width = Int(bytes.integer(Int32.self, at: 18))
        height = abs(signed)
        isTopDown = signed < 0
      }
      guard width > 0, height > 0 else { throw damaged("it has no pixels") }
      bits = Int(bytes.integer(UInt16.self, at: isCore ? 24 : 28))
      guard [1, 4, 8, 16, 24, 32].contains(bits) else {
        throw unsupported("a BMP of \(bits) bits a pixel")
      }
      let compression = isCore ? 0 : bytes.integer(UInt32.self, at: 30)
      // 3 and 6: the masks of 16 or 32 bits follow. All else packs the pixels.
      let hasMasks = (compression == 3 || compression == 6) && (bits == 16 || bits == 32)
      guard compression == 0 || hasMasks else { throw unsupported("a compressed BMP") }
      // In a header of 40 bytes the masks come after it, else at the same place within it.
      let maskBytes = hasMasks && size == 40 ? (compression == 6 ? 16 : 12) : 0
      guard bytes.count >= 14 + size + maskBytes else { throw damaged("the file ends too early") }
      let values: [UInt32] =
        hasMasks
        ? (0..<3).map { bytes.integer(UInt32.self, at: 54 + 4 * $0) }
        : bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
      masks = try values.map { value in
        guard let mask = ChannelMask(value) else { throw unsupported("a BMP with torn masks") }
        return mask
      }
      let used = isCore ? 0 : Int(bytes.integer(UInt32.self, at: 46))
      paletteStart = 14 + size + maskBytes
      paletteStep = isCore ? 3 : 4
      paletteCount = bits > 8 ? 0 : used == 0 ? 1 << bits : min(used, 1 << bits)
    }

    func palette(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> [Color] {
      guard paletteStart + paletteCount * paletteStep <= bytes.count else {
        throw ImageError(name: name, reason: .damaged("the file ends too early"))
      }
      return (0..<paletteCount).map {
        let i = paletteStart + $0 * paletteStep
        return (bytes[i + 2], bytes[i + 1], bytes[i])
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number at an offset that the caller has checked.
  fileprivate func integer<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
    Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}
