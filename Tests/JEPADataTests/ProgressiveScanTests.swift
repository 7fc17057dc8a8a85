import Foundation
import JEPAData
import Testing

/// Progressive JPEG files whose scans take much time and memory for few bytes.
@Suite struct ProgressiveScanTests {
  /// A gray image of `side` × `side` pixels, a multiple of 1,024, with `scans` scans, each of which is in order: first the
  /// block means, then coefficient after coefficient, bit after bit. Every code is zero bits: the first Huffman code,
  /// which stands for "no difference", or for 16,384 empty blocks.
  private func progressive(side: Int, scans: Int) -> Data {
    let blocks = (side / 8) * (side / 8)
    var data = Data([0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64))
    let size = [side >> 8, side & 255, side >> 8, side & 255].map { UInt8($0) }
    data += [0xFF, 0xC2, 0, 11, 8] + size + [1, 1, 0x11, 0]
    for (table, symbol) in [(0x00, 0x00), (0x10, 0xE0)] as [(UInt8, UInt8)] {
      data += [0xFF, 0xC4, 0, 20, table, 1] + [UInt8](repeating: 0, count: 15) + [symbol]
    }
    data += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0] + [UInt8](repeating: 0, count: blocks / 8)
    for scan in 0..<scans - 1 {
      let coefficient = UInt8(1 + scan / 11)
      let pass = UInt8(scan % 11)
      let bits = pass == 0 ? 10 : (11 - pass) << 4 | (10 - pass)
      data += [0xFF, 0xDA, 0, 8, 1, 1, 0, coefficient, coefficient, bits]
      data += [UInt8](
        repeating: 0, count: blocks / 16_384 * 15 / 8 + (blocks / 16_384 * 15 % 8 > 0 ? 1 : 0))
    }
    return data + [0xFF, 0xD9]
  }

  private func message(_ data: Data) -> String? {
    do {
      _ = try ImageFile.decode(data, name: "many.jpg")
      return nil
    } catch { return "\(error)" }
  }

  @Test(arguments: [1, 2, 10, 100])
  func asManyScansAsEncodersWriteAreRead(_ scans: Int) throws {
    let image = try ImageFile.decode(progressive(side: 1024, scans: scans), name: "few.jpg")
    #expect(image == Image(width: 1024, height: 1024, red: 128, green: 128, blue: 128))
  }

  @Test(arguments: [101, 500])
  func moreScansAreRefused(_ scans: Int) {
    #expect(
      message(progressive(side: 1024, scans: scans))
        == "many.jpg: damaged image: more than 100 scans; replace or remove it")
  }

  /// 1,048,576 blocks in each scan.
  @Test func scansOfLargeImagesAreBoundedByTheirBlocks() {
    #expect(message(progressive(side: 8192, scans: 64)) == nil)
    #expect(
      message(progressive(side: 8192, scans: 65))
        == "many.jpg: damaged image: 65 scans of so large an image, more than are decoded; replace or remove it"
    )
  }

  @Test func coefficientsBeyondTheFileAreRefused() {
    let data = progressive(side: 12_288, scans: 2)
    #expect(
      message(data)
        == "many.jpg: its scans need 288 MiB of memory, too much for a file of \(data.count) bytes, "
        + "which is not read; convert it to PNG or remove it")
  }
}
