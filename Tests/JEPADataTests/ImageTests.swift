import JEPATensor
import Testing

@testable import JEPAData

@Suite struct ImageTests {
  /// Red counts the columns, green the rows.
  private func ramp(width: Int, height: Int) -> Image {
    Image(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          bytes[3 * (y * width + x)] = UInt8(x)
          bytes[3 * (y * width + x) + 1] = UInt8(y)
          bytes[3 * (y * width + x) + 2] = 7
        }
      }
    }
  }

  @Test func cropTakesTheRectangle() {
    let crop = ramp(width: 9, height: 7).cropped(x: 2, y: 3, width: 4, height: 2)
    #expect((crop.width, crop.height) == (4, 2))
    #expect(crop[0, 0] == (2, 3, 7))
    #expect(crop[3, 1] == (5, 4, 7))
  }

  @Test(arguments: [1, 2, 5, 8]) func flipMirrorsColumns(_ width: Int) {
    let image = ramp(width: width, height: 3)
    let flipped = image.flippedHorizontally()
    for x in 0..<width { #expect(flipped[x, 1] == image[width - 1 - x, 1]) }
    #expect(flipped.flippedHorizontally() == image)
  }

  /// The odd row and column of padding go to the bottom and the right.
  @Test func paddingIsBlackAround() {
    let padded = ramp(width: 2, height: 2).padded(toWidth: 5, height: 3)
    #expect((padded.width, padded.height) == (5, 3))
    #expect(padded[1, 0] == (0, 0, 7) && padded[2, 1] == (1, 1, 7))
    #expect(padded[0, 0] == (0, 0, 0) && padded[3, 0] == (0, 0, 0) && padded[1, 2] == (0, 0, 0))
  }

  /// Against the definition in floating point, without fixed-point weights or rounding between.
  @Test(arguments: Interpolation.allCases) func resizeMatchesItsDefinition(_ kind: Interpolation) {
    // Values that no overshoot takes out of the byte range.
    let image = noiseImage(width: 23, height: 17, seed: 6).editing { bytes in
      for i in 0..<bytes.count { bytes[i] = 64 + bytes[i] / 2 }
    }
    // The filters as published: a triangle, and Keys' cubic with a = -0.5.
    func filter(_ x: Double) -> Double {
      if kind == .bilinear { return max(0, 1 - abs(x)) }
      let t = abs(x)
      if t >= 2 { return 0 }
      let a = -0.5
      return t < 1
        ? (a + 2) * t * t * t - (a + 3) * t * t + 1 : a * (t * t * t - 5 * t * t + 8 * t - 4)
    }
    func weights(_ input: Int, _ output: Int) -> [[Double]] {
      (0..<output).map { o in
        let scale = Double(input) / Double(output)
        let row = (0..<input).map { i in
          filter((Double(i) + 0.5 - (Double(o) + 0.5) * scale) / max(1, scale))
        }
        return row.map { $0 / row.reduce(0, +) }
      }
    }
    for (width, height) in [(8, 8), (40, 31), (5, 30), (30, 5), (23, 9), (9, 17)] {
      let result = image.resized(width: width, height: height, interpolation: kind)
      let across = weights(image.width, width)
      let down = weights(image.height, height)
      var largest = 0.0
      for y in 0..<height {
        for x in 0..<width {
          var sum = 0.0
          for j in 0..<image.height where down[y][j] != 0 {
            for i in 0..<image.width {
              sum += down[y][j] * across[x][i] * Double(image[i, j].green)
            }
          }
          let expected = max(0, min(255, sum))
          largest = max(largest, abs(expected - Double(result[x, y].green)))
        }
      }
      // Half a step of rounding in each pass, the first's up to 1.25 times as large by bicubic's
      // negative weights.
      #expect(largest < 1.2)
    }
  }

  @Test(arguments: Interpolation.allCases) func resizeKeepsConstants(_ kind: Interpolation) {
    let image = Image(width: 13, height: 9, red: 201, green: 0, blue: 255)
    for (width, height) in [(1, 1), (13, 9), (5, 100), (64, 64)] {
      let result = image.resized(width: width, height: height, interpolation: kind)
      #expect(result == Image(width: width, height: height, red: 201, green: 0, blue: 255))
    }
  }

  @Test func cropAndResizeIsResizeOfCrop() {
    let image = noiseImage(width: 31, height: 26, seed: 8)
    for box in [(0, 0, 31, 26), (3, 4, 20, 9), (30, 25, 1, 1), (5, 0, 12, 26), (0, 6, 31, 8)] {
      let crop = image.cropped(x: box.0, y: box.1, width: box.2, height: box.3)
      for kind in Interpolation.allCases {
        for (width, height) in [(16, 16), (12, 9), (31, 26), (12, 40)] {
          let direct = image.resized(
            from: (box.0, box.1, box.2, box.3), width: width, height: height, interpolation: kind)
          #expect(direct == crop.resized(width: width, height: height, interpolation: kind))
        }
      }
    }
  }

  @Test func contactSheetPlacesImages() {
    let images = (1...3).map { Image(width: 4, height: 2, red: UInt8($0)) }
    let sheet = Image.contactSheet(images, columns: 2, gap: 1)
    #expect((sheet.width, sheet.height) == (11, 7))
    #expect(sheet[1, 1].red == 1 && sheet[6, 1].red == 2 && sheet[1, 4].red == 3)
    #expect(sheet[0, 0] == (255, 255, 255) && sheet[6, 4] == (255, 255, 255))
  }
}
