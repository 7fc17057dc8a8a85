import JEPATensor

/// An 8-bit RGB image: `height × width × 3` bytes, rows from the top, channels interleaved.
public struct Image: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// Red, green and blue of each pixel, row by row: `height * width * 3` bytes.
  public private(set) var pixels: [UInt8]

  /// The most pixels that a file may hold, 178,956,970 (about 0.5 GB decoded; the bound of the
  /// Python Imaging Library). A larger image is refused before memory is taken for it.
  public static let maximumPixelCount = 178_956_970

  /// An image of the bytes given, `height * width * 3` of them.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    require(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "Image: \(pixels.count) bytes do not make \(height)x\(width)x3")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// An image of one colour.
  public init(width: Int, height: Int, red: UInt8 = 0, green: UInt8 = 0, blue: UInt8 = 0) {
    self.init(width: width, height: height) { bytes in
      for i in 0..<width * height {
        bytes[3 * i] = red
        bytes[3 * i + 1] = green
        bytes[3 * i + 2] = blue
      }
    }
  }

  /// An image whose bytes `fill` writes, all `height * width * 3` of them.
  public init(
    width: Int, height: Int, fill: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    require(width > 0 && height > 0, "Image: \(height)x\(width) is empty")
    let count = width * height * 3
    self.width = width
    self.height = height
    pixels = try [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
      try fill(UnsafeMutableBufferPointer(rebasing: bytes[0..<count]))
      written = count
    }
  }

  /// The red, green and blue of a pixel.
  public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    require(
      0..<width ~= x && 0..<height ~= y, "Image: pixel (\(x), \(y)) outside \(width)x\(height)")
    let i = (y * width + x) * 3
    return (pixels[i], pixels[i + 1], pixels[i + 2])
  }

  /// The image after `body` has changed its bytes in place.
  func editing(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Void) -> Image {
    var copy = self
    copy.pixels.withUnsafeMutableBufferPointer { body($0) }
    return copy
  }
}
