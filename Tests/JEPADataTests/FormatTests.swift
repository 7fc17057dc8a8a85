import Foundation
import JEPAData
import JEPATensor
import Testing

/// Files that `Formats/generate_formats.py` wrote, and PIL's decoding of them.
@Suite struct FormatTests {
  static let files = [
    "lossy.webp", "lossless.webp", "alpha.webp", "alpha_lossless.webp", "1.bmp", "l.bmp", "p.bmp",
    "rgb.bmp", "rgba.bmp", "gama.png", "srgb.png", "interlaced.png", "trns.png", "palette2.png",
  ]
  static let oriented =
    (1...8).map { "orientation\($0).jpg" } + ["orientation6.png", "orientation5.webp"]

  /// Every pixel as the Python Imaging Library has it.
  @Test(arguments: files) func matchesPIL(_ file: String) throws {
    let expected = try ImageFile.decode(resource("Formats/\(file).expected.png"))
    #expect(try largestDifference(ImageFile.decode(resource("Formats/" + file)), expected) == 0)
  }

  /// The same by `ImageOps.exif_transpose`, and without a turn unless one is asked for.
  @Test(arguments: oriented) func turnsAsPIL(_ file: String) throws {
    let url = resource("Formats/" + file)
    let expected = try ImageFile.decode(resource("Formats/\(file).expected.png"))
    let turned = try ImageFile.decode(url, ImageDecoding(appliesOrientation: true))
    #expect(largestDifference(turned, expected) == 0)
    let stored = try ImageFile.decode(url)
    #expect((stored.width, stored.height) == (33, 21))
    #expect((stored == turned) == (file == "orientation1.jpg"))
  }

  @Test func animationsAreRefused() {
    #expect(
      message { try ImageFile.decode(resource("Formats/animated.webp")) }?.hasSuffix(
        "animated.webp: an animated WebP, which is not read; convert it to PNG or remove it")
        == true)
  }

  /// Every proper prefix is refused, with the name and a reason.
  @Test(arguments: [
    "lossy.webp", "lossless.webp", "alpha.webp", "1.bmp", "rgb.bmp", "interlaced.png",
  ])
  func truncatedFilesThrow(_ file: String) throws {
    let data = try Data(contentsOf: resource("Formats/" + file))
    // Less than one chunk's end of a PNG holds no pixels.
    for length in stride(from: 0, to: data.count - (file.hasSuffix("png") ? 12 : 1), by: 5) {
      let text = try #require(
        message { try ImageFile.decode(data.prefix(length), name: "cut") }, "length \(length)")
      #expect(text.hasPrefix("cut: ") && !text.contains("\n"))
    }
  }

  /// Damage either shows, as an `ImageError`, or gives an image; it never does anything else.
  @Test(arguments: files + oriented) func flippedBitsNeverCrash(_ file: String) throws {
    let data = try Data(contentsOf: resource("Formats/" + file))
    var random = RandomSource(seed: 21).split(file)
    for _ in 0..<300 {
      var bytes = data
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: min(bytes.count, 400))] ^= UInt8(1 << random.integer(below: 8))
      }
      do {
        let image = try ImageFile.decode(
          bytes, name: file, ImageDecoding(appliesOrientation: true))
        #expect(image.pixels.count == image.width * image.height * 3)
      } catch let error as ImageError {
        #expect(error.name == file)
      }
    }
  }
}
