import Foundation

/// A map from 0 … 1 to colours whose lightness falls evenly: white for 0, over green and blue, to a
/// dark violet for 1. Equal steps in value look like equal steps, in print without colour too.
///
/// Built in OKLCH (Ottosson 2020, "A perceptual color space for image processing"): lightness is
/// linear, the hue turns evenly, and chroma is what remains inside sRGB.
public enum ColorMap {
  /// The colour of `value`, clamped to 0 … 1.
  public static func color(_ value: Double) -> PixelColor {
    let position = value.isNaN ? 0 : min(max(value, 0), 1)
    return table[Int((position * Double(table.count - 1)).rounded())]
  }

  /// OKLab's lightness of `value`, 1 for white and 0 for black.
  public static func lightness(_ value: Double) -> Double { 1 - 0.78 * value }

  private static let table: [PixelColor] = (0..<512).map { index in
    let value = Double(index) / 511
    let hue = (115 + 190 * value) * Double.pi / 180
    var chroma = 0.14 * min(1, 3.5 * value)
    while chroma > 0 {
      let rgb = sRGB(lightness: lightness(value), chroma: chroma, hue: hue)
      if rgb.allSatisfy({ -1e-6...1 + 1e-6 ~= $0 }) { return PixelColor(rgb) }
      chroma -= 0.002
    }
    return PixelColor(sRGB(lightness: lightness(value), chroma: 0, hue: hue))
  }

  /// OKLCH to sRGB, 0 … 1 where inside the gamut.
  private static func sRGB(lightness: Double, chroma: Double, hue: Double) -> [Double] {
    let (a, b) = (chroma * cos(hue), chroma * sin(hue))
    let l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3)
    let m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3)
    let s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3)
    let linear = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
    return linear.map { $0 <= 0.0031308 ? 12.92 * $0 : 1.055 * pow($0, 1 / 2.4) - 0.055 }
  }
}

/// Red, green and blue, 0 … 1 each, as they are displayed (sRGB).
public struct PixelColor: Sendable, Equatable {
  public var red: Double
  public var green: Double
  public var blue: Double

  public init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  init(_ channels: [Double]) {
    self.init(
      red: min(max(channels[0], 0), 1), green: min(max(channels[1], 0), 1),
      blue: min(max(channels[2], 0), 1))
  }

  public static let white = PixelColor(red: 1, green: 1, blue: 1)
  public static let ink = PixelColor(red: 0.13, green: 0.13, blue: 0.16)
  public static let grey = PixelColor(red: 0.55, green: 0.55, blue: 0.58)
  /// For marks on top of a colour map, in which no orange occurs.
  public static let mark = PixelColor(red: 0.93, green: 0.36, blue: 0.09)
}
