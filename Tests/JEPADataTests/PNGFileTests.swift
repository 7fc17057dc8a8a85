import Foundation
import JEPAData
import JEPATensor
import Testing

@Suite struct PNGFileTests {
  @Test(arguments: [(1, 1), (7, 3), (64, 64), (1, 300)])
  func roundTripIsExact(_ width: Int, _ height: Int) throws {
    let image = noiseImage(width: width, height: height, seed: 3)
    #expect(try ImageFile.decode(PNGFile.encode(image), name: "memory") == image)
  }

  @Test func truncatedFilesThrow() throws {
    let data = try PNGFile.encode(noiseImage(seed: 4))
    for length in 0..<data.count - 12 {
      #expect(throws: ImageError.self) { try PNGFile.decode(data.prefix(length), name: "cut") }
    }
  }

  @Test func flippedBitsNeverCrash() throws {
    let data = try PNGFile.encode(noiseImage(seed: 5))
    var random = RandomSource(seed: 13)
    var refused = 0
    for _ in 0..<500 {
      var bytes = data
      bytes[random.integer(below: bytes.count)] ^= UInt8(1 << random.integer(below: 8))
      do { _ = try PNGFile.decode(bytes, name: "flipped") } catch is ImageError { refused += 1 }
    }
    #expect(refused > 250)
  }

  /// A header of 60,000 x 60,000 pixels with a valid checksum.
  @Test func hugeImagesAreRefused() throws {
    func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
    let header = Array("IHDR".utf8) + bytes(60_000) + bytes(60_000) + [8, 2, 0, 0, 0]
    var checksum: UInt32 = 0xFFFF_FFFF
    for byte in header {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    let data = Data(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + bytes(13) + header + bytes(~checksum)
        + bytes(0) + Array("IDAT".utf8) + [0x35, 0xAF, 0x06, 0x1E])
    let text = message { try ImageFile.decode(data, name: "bomb.png") }
    #expect(text == "bomb.png: 60000x60000 pixels, more than 178956970; scale it down")
  }
}
