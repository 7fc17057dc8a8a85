import Foundation
import JEPAData
import JEPATensor
import Testing

/// What libjpeg warns of: harmless where every pixel is what the file says, damage elsewhere.
@Suite struct JPEGDefectTests {
  private let sound: Data
  private let image: Image

  init() throws {
    sound = try JPEGFile.encode(noiseImage(width: 40, height: 24, seed: 9))
    image = try JPEGFile.decode(sound, name: "sound")
  }

  private func position(_ bytes: [UInt8]) throws -> Int {
    try #require(sound.range(of: Data(bytes))).lowerBound
  }

  private func inserting(_ bytes: [UInt8], at position: Int) -> Data {
    sound.prefix(position) + bytes + sound.suffix(from: position)
  }

  private func expectIntact(_ data: Data, _ kind: String) throws {
    let defects = ImageDefects()
    let decoded = try ImageFile.decode(data, name: "a.jpg", ImageDecoding(defects: defects))
    #expect(decoded == image)
    _ = try ImageFile.decode(data, name: "a.jpg", ImageDecoding(defects: defects))
    #expect(
      defects.summary == "1 image file has a defect that left every pixel intact: \(kind) (1)")
  }

  @Test func soundFilesHaveNone() throws {
    let defects = ImageDefects()
    _ = try ImageFile.decode(sound, name: "a.jpg", ImageDecoding(defects: defects))
    #expect(defects.count == 0 && defects.summary == nil)
  }

  @Test func unknownJFIFVersion() throws {
    var data = sound
    data[try position(Array("JFIF".utf8)) + 5] = 2
    try expectIntact(data, "an unknown JFIF version")
  }

  @Test func unknownAdobeTransform() throws {
    let adobe: [UInt8] =
      [0xFF, 0xEE, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 7]
    // Without the JFIF marker, which would settle the color space.
    let start = try position([0xFF, 0xE0])
    let length = 2 + Int(sound[start + 2]) << 8 + Int(sound[start + 3])
    let data = sound.prefix(start) + adobe + sound.dropFirst(start + length)
    try expectIntact(data, "an unknown Adobe color transform")
  }

  @Test(arguments: [[UInt8(7)], Array(repeating: UInt8(0x41), count: 200)])
  func strayBytesBeforeTheFirstScan(_ bytes: [UInt8]) throws {
    for marker in [[0xFF, 0xDB], [0xFF, 0xC4], [0xFF, 0xDA]] as [[UInt8]] {
      try expectIntact(
        inserting(bytes, at: position(marker)), "stray bytes before a marker")
    }
  }

  @Test func zerosInTheScanHeader() throws {
    var data = sound
    let scan = try position([0xFF, 0xDA])
    let end = scan + 2 + Int(sound[scan + 3])
    #expect(Array(sound[end - 3..<end]) == [0, 63, 0])
    data[end - 2] = 0
    try expectIntact(data, "scan parameters that baseline JPEG does not have")
  }

  /// A few zeros before the end of the image are padding.
  @Test func padding() throws {
    try expectIntact(
      inserting(Array(repeating: 0, count: 12), at: sound.count - 2), "stray bytes before a marker")
  }

  /// What a decoder that lost its way would leave over as well: no one can say that the pixels are intact.
  /// (libjpeg reads up to eight bytes ahead, of which it says nothing.)
  @Test func leftoversOfAScanAreDamage() throws {
    let zeros = Array(repeating: UInt8(0), count: 20)
    for bytes in [
      Array(repeating: 0x41, count: 20), Array(repeating: 0, count: 200), zeros + [9] + zeros,
    ] {
      let text = message {
        try JPEGFile.decode(inserting(bytes, at: sound.count - 2), name: "a.jpg")
      }
      #expect(text?.hasPrefix("a.jpg: damaged image: Corrupt JPEG data: ") == true)
      #expect(text?.contains("extraneous bytes before marker 0xd9") == true)
    }
  }

  /// A defect in the headers does not excuse damage after it.
  @Test func cutFilesStayRefused() throws {
    var data = sound
    data[try position(Array("JFIF".utf8)) + 5] = 2
    for length in stride(from: 20, to: data.count - 2, by: 17) {
      #expect(throws: ImageError.self) { try JPEGFile.decode(data.prefix(length), name: "a.jpg") }
    }
  }
}
