import Foundation
import JEPAData
import JEPATensor
import Testing

@Suite struct JPEGFileTests {
  static let files = [
    "rgb420.jpg", "rgb444.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg", "ycck.jpg",
  ]

  @Test func roundTripIsClose() throws {
    let image = Image(width: 20, height: 10) { bytes in
      for i in 0..<bytes.count { bytes[i] = UInt8(100 + i / 3 % 20) }
    }
    let decoded = try JPEGFile.decode(JPEGFile.encode(image, quality: 95), name: "memory")
    #expect(largestDifference(image, decoded) <= 6)
  }

  @Test func grayscaleHasEqualChannels() throws {
    let image = try JPEGFile.decode(resource("gray.jpg"))
    #expect((image.width, image.height) == (50, 38))
    for i in stride(from: 0, to: image.pixels.count, by: 3) {
      #expect(image.pixels[i] == image.pixels[i + 1] && image.pixels[i] == image.pixels[i + 2])
    }
  }

  /// The same picture through four inks and through RGB.
  @Test(arguments: ["cmyk.jpg", "ycck.jpg"]) func inksAreNotInverted(_ file: String) throws {
    let inks = try JPEGFile.decode(resource(file))
    let plain = try JPEGFile.decode(resource("rgb444.jpg"))
    let sum = zip(inks.pixels, plain.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(sum < 12 * inks.pixels.count)
  }

  /// Every proper prefix is refused, with the name and a reason.
  @Test(arguments: files) func truncatedFilesThrow(_ file: String) throws {
    let data = try Data(contentsOf: resource(file))
    for length in stride(from: 0, to: data.count - 2, by: 7) {
      let text = try #require(
        message { try JPEGFile.decode(data.prefix(length), name: "cut.jpg") }, "length \(length)")
      #expect(text.hasPrefix("cut.jpg: damaged image: ") && !text.contains("\n"))
    }
  }

  /// Damage either shows, as an `ImageError`, or gives an image; it never does anything else.
  @Test(arguments: files) func flippedBitsNeverCrash(_ file: String) throws {
    let data = try Data(contentsOf: resource(file))
    var random = RandomSource(seed: 11).split(file)
    var refused = 0
    for _ in 0..<300 {
      var bytes = data
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: bytes.count)] ^= UInt8(1 << random.integer(below: 8))
      }
      do {
        let image = try ImageFile.decode(bytes, name: file)
        #expect(image.pixels.count == image.width * image.height * 3)
      } catch let error as ImageError {
        #expect(error.name == file)
        refused += 1
      }
    }
    #expect(refused > 20)
  }

  @Test func randomBytesNeverCrash() {
    var random = RandomSource(seed: 12)
    for length in 0..<200 {
      let bytes = [0xFF, 0xD8, 0xFF] + (0..<length).map { _ in UInt8(random.integer(below: 256)) }
      #expect(throws: ImageError.self) { try JPEGFile.decode(Data(bytes), name: "noise") }
    }
  }

  /// A header that claims 65,000 x 65,000 pixels is refused before memory is taken.
  @Test func hugeImagesAreRefused() throws {
    var data = try Data(contentsOf: resource("rgb444.jpg"))
    let frame = try #require(data.range(of: Data([0xFF, 0xC0])))
    data.replaceSubrange(
      frame.upperBound + 3..<frame.upperBound + 7, with: [0xFD, 0xE8, 0xFD, 0xE8])
    let text = message { try JPEGFile.decode(data, name: "bomb.jpg") }
    #expect(text == "bomb.jpg: 65000x65000 pixels, more than 178956970; scale it down")
  }

  @Test func otherContentsAreRefused() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write("not an image", to: "a.jpg")
    let empty = try folder.write("", to: "b.jpg")
    #expect(
      message { try ImageFile.decode(text) }
        == "\(text.path): not a JPEG, PNG, WebP or BMP image; convert it or remove it")
    #expect(
      message { try ImageFile.decode(empty) }
        == "\(empty.path): damaged image: the file is empty; replace or remove it")
    let missing = folder.url.appendingPathComponent("c.jpg")
    #expect(
      message { try ImageFile.decode(missing) } == "\(missing.path): cannot be read: no such file")
  }

  /// The format's own bound on a side is an error, not a trap.
  @Test func tooWideToEncode() {
    let text = message { try JPEGFile.encode(Image(width: 65_501, height: 1), name: "wide.jpg") }
    #expect(text?.hasPrefix("wide.jpg: cannot be written: ") == true)
  }

  @Test func writesFiles() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("a.jpg")
    try JPEGFile.write(Image(width: 3, height: 2, red: 200), to: url)
    #expect(try ImageFile.decode(url).width == 3)
    let nowhere = folder.url.appendingPathComponent("missing/a.jpg")
    #expect(throws: ImageError.self) { try JPEGFile.write(Image(width: 1, height: 1), to: nowhere) }
  }
}
