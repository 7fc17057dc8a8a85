import Foundation
import Testing

@testable import JEPA

@Suite struct TensorBoardWriterTests {
  // RFC 3720, appendix B.4, and the customary check value.
  private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
    ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    ([UInt8]("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  @Test(arguments: vectors)
  func checksums(_ bytes: [UInt8], _ expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  @Test func masksChecksums() {
    // 0x0_E306_9283 rotated right by 15 is 0x2507_C60D; plus 0xA282_EAD8.
    #expect(CRC32C.masked(Array("123456789".utf8)) == 0xC78A_B0E5)
  }

  @Test func framesRecords() {
    let record = TensorBoardWriter.frame([1, 2, 3])
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(record.prefix(8) == [3, 0, 0, 0, 0, 0, 0, 0])
    var checksum: [UInt8] = []
    checksum.append(littleEndian: CRC32C.masked([3, 0, 0, 0, 0, 0, 0, 0]))
    checksum += [1, 2, 3]
    checksum.append(littleEndian: CRC32C.masked([1, 2, 3]))
    #expect(Array(record.dropFirst(8)) == checksum)
  }

  @Test func encodesEvents() {
    // 1.5 is 3FF8 0000 0000 0000 in binary64, 0.5 is 3F00 0000 in binary32; step 300 is AC 02.
    let time: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F]
    let step: [UInt8] = [0x10, 0xAC, 0x02]
    #expect(
      TensorBoardWriter.versionEvent(time: 1.5) == time + [0x1A, 13] + Array("brain.Event:2".utf8))
    #expect(
      TensorBoardWriter.restartEvent(step: 300, time: 1.5) == time + step + [0x3A, 2, 0x08, 1])
    let value: [UInt8] = [0x0A, 1] + Array("a".utf8) + [0x15, 0, 0, 0, 0x3F]
    #expect(
      TensorBoardWriter.scalarEvent("a", 0.5, step: 300, time: 1.5)
        == time + step + [0x2A, 10, 0x0A, 8] + value)
    let image: [UInt8] = [0x08, 2, 0x10, 5, 0x18, 3, 0x22, 2, 0xAA, 0xBB]
    #expect(
      TensorBoardWriter.imageEvent(
        "a", png: [0xAA, 0xBB], width: 5, height: 2, step: 300, time: 1.5)
        == time + step + [0x2A, 17, 0x0A, 15, 0x0A, 1, 0x61, 0x22, 10] + image)
  }

  @Test func encodesIntegers() {
    func bytes(_ value: Int) -> [UInt8] {
      var buffer = ProtocolBuffer()
      buffer.integer(1, value)
      return Array(buffer.bytes.dropFirst())
    }
    #expect(bytes(0) == [0])
    #expect(bytes(127) == [0x7F])
    #expect(bytes(128) == [0x80, 1])
    #expect(bytes(-1) == [UInt8](repeating: 0xFF, count: 9) + [1])
  }

  @Test func appendsRecordsAsTheyCome() throws {
    let folder = try TemporaryFolder()
    let writer = try TensorBoardWriter(folder: folder.path, time: 1.5)
    #expect(writer.path.hasPrefix(folder.path + "/events.out.tfevents.0000000001."))
    var expected = TensorBoardWriter.frame(TensorBoardWriter.versionEvent(time: 1.5))
    #expect(try FileError.contents(of: writer.path) == expected)
    try writer.scalar("loss", 0.25, step: 3, time: 2)
    expected += TensorBoardWriter.frame(
      TensorBoardWriter.scalarEvent("loss", 0.25, step: 3, time: 2))
    #expect(try FileError.contents(of: writer.path) == expected)
    try writer.image("masks", png: [1], width: 1, height: 1, step: 3, time: 2)
    expected += TensorBoardWriter.frame(
      TensorBoardWriter.imageEvent("masks", png: [1], width: 1, height: 1, step: 3, time: 2))
    #expect(try FileError.contents(of: writer.path) == expected)
  }

  @Test func aResumedRunTellsWhereItStarts() throws {
    let folder = try TemporaryFolder()
    let first = try TensorBoardWriter(folder: folder.path, time: 1.5)
    let second = try TensorBoardWriter(folder: folder.path, resumedStep: 20, time: 1.5)
    #expect(second.path == first.path + ".1")
    #expect(
      try FileError.contents(of: second.path) == TensorBoardWriter.frame(
        TensorBoardWriter.versionEvent(time: 1.5))
        + TensorBoardWriter.frame(TensorBoardWriter.restartEvent(step: 21, time: 1.5)))
  }

  @Test func refusalsNameTheFile() {
    #expect(throws: FileError.self) { try TensorBoardWriter(folder: "/none") }
    let path = "/none/events.out.tfevents.0000000001"
    do {
      _ = try TensorBoardWriter(folder: "/none", time: 1)
      Issue.record("nothing was thrown")
    } catch {
      #expect("\(error)".hasPrefix("cannot create \(path)"))
      #expect("\(error)".hasSuffix(": No such file or directory"))
    }
  }
}
