import Foundation
import JEPAData
import Testing

/// One line of `goldens.json`, which `generate_goldens.py` writes.
private struct Golden: Decodable, CustomTestStringConvertible {
  let operation: String
  let input: String
  let output: String
  var interpolation: Interpolation?
  var width: Int?
  var height: Int?
  var box: [Int]?
  var factor: Double?

  var testDescription: String { "\(operation) \(input) \(output)" }

  static let all: [Golden] = {
    guard let data = try? Data(contentsOf: resource("goldens.json")) else { return [] }
    return (try? JSONDecoder().decode([Golden].self, from: data)) ?? []
  }()

  func result() throws -> Image {
    let image = try ImageFile.decode(resource(input))
    switch operation {
    case "decode": return image
    case "resize":
      return image.resized(
        width: try #require(width), height: try #require(height),
        interpolation: try #require(interpolation))
    case "crop":
      let box = try #require(box)
      return image.cropped(x: box[0], y: box[1], width: box[2], height: box[3])
        .resized(
          width: try #require(width), height: try #require(height),
          interpolation: try #require(interpolation))
    case "grayscale": return image.grayscale()
    case "brightness": return image.adjustingBrightness(try #require(factor))
    case "contrast": return image.adjustingContrast(try #require(factor))
    case "saturation": return image.adjustingSaturation(try #require(factor))
    case "hue": return image.adjustingHue(try #require(factor))
    case "blur": return image.gaussianBlurred(radius: try #require(factor))
    default:
      Issue.record("unknown operation \(operation)")
      return image
    }
  }
}

@Suite struct GoldenTests {
  @Test func thereAreGoldens() {
    #expect(Golden.all.count > 60)
    #expect(
      Set(Golden.all.map(\.operation)) == [
        "decode", "resize", "crop", "grayscale", "brightness", "contrast", "saturation", "hue",
        "blur",
      ])
  }

  /// The same bytes as the Python Imaging Library, up to one step of 255.
  @Test(arguments: Golden.all) private func matchesPIL(_ golden: Golden) throws {
    let expected = try ImageFile.decode(resource(golden.output))
    let difference = largestDifference(try golden.result(), expected)
    #expect(difference <= 1)
    print("golden", golden.testDescription, difference)
  }
}
