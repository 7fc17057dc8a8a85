import Foundation
import Testing

@testable import JEPATensor

/// CRC-32C, and the one that a safetensors file carries of itself.
@Suite struct SafetensorsChecksumTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  @Test func knownValues() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(CRC32C.checksum([]) == 0)
  }

  /// The definition: division of the bits, one at a time.
  private static func naive(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = ~0
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
  }

  @Test func piecesAndCombinationsMakeTheWhole() {
    var random = RandomSource(seed: 4)
    for count in [0, 1, 7, 8, 9, 63, 200, 1025] {
      let bytes = (0..<count).map { _ in UInt8(random.integer(below: 256)) }
      let whole = Self.naive(bytes)
      for _ in 0..<4 {
        let cut = random.integer(below: count + 1)
        var crc = CRC32C()
        bytes.withUnsafeBytes {
          crc.update(UnsafeRawBufferPointer(rebasing: $0[..<cut]))
          crc.update(UnsafeRawBufferPointer(rebasing: $0[cut...]))
        }
        #expect(crc.value == whole)
        let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
        let combined = CRC32C.combined(
          CRC32C.checksum(first), CRC32C.checksum(second), count: second.count)
        #expect(combined == whole)
      }
    }
  }

  private static func write(_ url: URL, _ order: [String], quoted: String = "plain") throws {
    let tensors: [String: Tensor] = [
      "a": Tensor([1, 2, 3, 4, 5], shape: [5], dtype: .float64),
      "b": Tensor([0.5, -1], shape: [2, 1], dtype: .float32),
      "empty": Tensor.zeros([0, 3], dtype: .float32),
    ]
    let writer = try SafetensorsWriter(
      to: url,
      tensors: tensors.map {
        .init(name: $0.key, dtype: SafetensorsDType($0.value.dtype), shape: $0.value.shape)
      }, metadata: ["note": quoted], checksummed: true)
    for name in order { try writer.append(#require(tensors[name]), to: name) }
    try writer.finish()
  }

  @Test func filesCarryTheirOwn() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("jepa-crc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("a.safetensors")
    // A metadata value that looks like the place of the digits.
    let note = "\"checksum\":\"crc32c:00000000\""
    try Self.write(url, ["b", "a", "empty"], quoted: note)
    let bytes = Array(try Data(contentsOf: url))
    try Self.write(url, ["a", "b"], quoted: note)
    #expect(Array(try Data(contentsOf: url)) == bytes)

    let file = try SafetensorsFile(url)
    #expect(file.hasChecksum)
    try file.verifyChecksum()
    // As the documentation defines it: of the file with these digits as zeros.
    let value = try #require(file.metadata["checksum"]).dropFirst("crc32c:".count)
    let place = try #require(bytes.firstRange(of: Array(value.utf8)))
    var zeroed = bytes
    zeroed.replaceSubrange(place, with: Array("00000000".utf8))
    #expect(UInt32(value, radix: 16) == Self.naive(zeroed))

    // Without a checksum there is nothing to compare.
    let plain = folder.appendingPathComponent("b.safetensors")
    try Safetensors.write(tensors: [("a", Tensor.zeros([2]))], to: plain)
    #expect(try !SafetensorsFile(plain).hasChecksum)
    try SafetensorsFile(plain).verifyChecksum()

    var changed = bytes
    changed[changed.count - 3] ^= 0x10
    try Data(changed).write(to: url)
    let damaged = try SafetensorsFile(url)
    do {
      try damaged.verifyChecksum()
      Issue.record("no error")
    } catch let error as SafetensorsError {
      #expect(error.description.hasPrefix("\(url.path): is damaged: its CRC-32C is "))
      #expect(error.description.hasSuffix("where \(value) was written"))
    }
  }
}
