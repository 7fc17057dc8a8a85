import Foundation
import JEPAData
import Testing

/// Bitmaps written here, byte by byte.
@Suite struct BMPFileTests {
  /// - Parameters:
  ///   - rows: the rows from the bottom, filled up to multiples of four bytes.
  ///   - extra: what lies between the header and the pixels: masks, a palette.
  private func bitmap(
    width: Int, height: Int, bits: Int, compression: Int = 0, extra: [UInt8] = [], colors: Int = 0,
    rows: [UInt8]
  ) -> Data {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let start = 54 + extra.count
    let file = [0x42, 0x4D] + bytes(start + rows.count, 4) + bytes(0, 4) + bytes(start, 4)
    let header =
      bytes(40, 4) + bytes(width, 4) + bytes(height, 4) + bytes(1, 2) + bytes(bits, 2)
      + bytes(compression, 4) + bytes(0, 12) + bytes(colors, 4) + bytes(0, 4)
    return Data(file + header + extra + rows)
  }

  private func decode(_ data: Data) throws -> [UInt8] {
    try ImageFile.decode(data, name: "a.bmp").pixels
  }

  /// Blue comes first, the bottom row comes first, and a row has a multiple of four bytes.
  @Test func rowsRunUpwards() throws {
    let rows: [UInt8] = [3, 2, 1, 0, 6, 5, 4, 0]
    #expect(try decode(bitmap(width: 1, height: 2, bits: 24, rows: rows)) == [4, 5, 6, 1, 2, 3])
    #expect(try decode(bitmap(width: 1, height: -2, bits: 24, rows: rows)) == [1, 2, 3, 4, 5, 6])
  }

  @Test func palettes() throws {
    let palette: [UInt8] = [10, 20, 30, 0, 40, 50, 60, 0]
    let one = bitmap(width: 3, height: 1, bits: 1, extra: palette, rows: [0b0100_0000, 0, 0, 0])
    #expect(try decode(one) == [30, 20, 10, 60, 50, 40, 30, 20, 10])
    let four = bitmap(
      width: 3, height: 1, bits: 4, extra: palette, colors: 2, rows: [0x01, 0x10, 0, 0])
    #expect(try decode(four) == [30, 20, 10, 60, 50, 40, 60, 50, 40])
    let outside = bitmap(
      width: 3, height: 1, bits: 4, extra: palette, colors: 2, rows: [0x02, 0x10, 0, 0])
    #expect(
      message { try decode(outside) }
        == "a.bmp: damaged image: color 2 of a palette of 2; replace or remove it")
  }

  /// Five bits of 31 are 255; masks of six bits in the middle; 32 bits in an order of their own.
  @Test func masks() throws {
    let five = bitmap(width: 2, height: 1, bits: 16, rows: [0xFF, 0x7F, 0x00, 0x40])
    #expect(try decode(five) == [255, 255, 255, 131, 0, 0])  // 16 · 255 / 31 = 131.6
    let six = bitmap(
      width: 2, height: 1, bits: 16, compression: 3,
      extra: [0x00, 0xF8, 0, 0, 0xE0, 0x07, 0, 0, 0x1F, 0, 0, 0], rows: [0xE0, 0x07, 0x00, 0xF8])
    #expect(try decode(six) == [0, 255, 0, 255, 0, 0])
    let swapped = bitmap(
      width: 1, height: 1, bits: 32, compression: 3,
      extra: [0xFF, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0xFF, 0], rows: [1, 2, 3, 4])
    #expect(try decode(swapped) == [1, 2, 3])
    let torn = bitmap(
      width: 1, height: 1, bits: 32, compression: 3,
      extra: [0x55, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0xFF, 0], rows: [1, 2, 3, 4])
    #expect(message { try decode(torn) }?.contains("torn masks, which is not read") == true)
  }

  @Test func whatIsNotRead() throws {
    let packed = bitmap(width: 4, height: 1, bits: 8, compression: 1, rows: [4, 0, 0, 1])
    #expect(
      message { try decode(packed) }
        == "a.bmp: a compressed BMP, which is not read; convert it to PNG or remove it")
    let huge = bitmap(width: 100_000, height: 100_000, bits: 24, rows: [])
    #expect(
      message { try decode(huge) }
        == "a.bmp: 100000x100000 pixels, more than 178956970; scale it down")
    let hollow = bitmap(width: 10_000, height: 10_000, bits: 24, rows: [])
    #expect(message { try decode(hollow) }?.contains("bytes cannot hold") == true)
    let cut = bitmap(width: 2, height: 2, bits: 24, rows: [1, 2, 3, 4, 5, 6, 0, 0, 1, 2, 3, 4, 5])
    #expect(
      message { try decode(cut) }
        == "a.bmp: damaged image: the file ends too early; replace or remove it")
    let none = bitmap(width: 0, height: 1, bits: 24, rows: [0, 0, 0, 0])
    #expect(message { try decode(none) }?.contains("no pixels") == true)
  }
}
