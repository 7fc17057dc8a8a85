import Foundation
import JEPAData

/// A picture being drawn: anti-aliased lines, discs and text on a white ground. Coordinates are in
/// pixels from the top left corner; (0.5, 0.5) is the middle of the first pixel.
struct Canvas {
  let width: Int
  let height: Int
  private var pixels: [PixelColor]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = Array(repeating: .white, count: width * height)
  }

  func image() -> Image {
    Image(width: width, height: height) { bytes in
      for (index, pixel) in pixels.enumerated() {
        bytes[3 * index] = UInt8((pixel.red * 255).rounded())
        bytes[3 * index + 1] = UInt8((pixel.green * 255).rounded())
        bytes[3 * index + 2] = UInt8((pixel.blue * 255).rounded())
      }
    }
  }

  /// Lays `color` over a pixel with the given opacity; nothing outside the canvas.
  mutating func blend(x: Int, y: Int, _ color: PixelColor, _ opacity: Double = 1) {
    guard 0..<width ~= x && 0..<height ~= y && opacity > 0 else { return }
    let old = pixels[y * width + x]
    pixels[y * width + x] = PixelColor(
      red: old.red + (color.red - old.red) * opacity,
      green: old.green + (color.green - old.green) * opacity,
      blue: old.blue + (color.blue - old.blue) * opacity)
  }

  /// A rectangle's outline, one pixel wide, just outside it.
  mutating func frame(x: Int, y: Int, width: Int, height: Int, _ color: PixelColor) {
    for column in x - 1...x + width {
      blend(x: column, y: y - 1, color)
      blend(x: column, y: y + height, color)
    }
    for row in y..<y + height {
      blend(x: x - 1, y: row, color)
      blend(x: x + width, y: row, color)
    }
  }

  /// A line through `points` with round ends, or a dot where there is one point.
  mutating func line(
    _ points: [(x: Double, y: Double)], thickness: Double, _ color: PixelColor
  ) {
    guard let first = points.first else { return }
    let ends = points.count == 1 ? [first] : Array(points.dropFirst())
    let segments = zip(points, ends).map { Segment(from: $0, to: $1) }
    let reach = thickness / 2 + 1
    let xs = points.map(\.x)
    let ys = points.map(\.y)
    guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max(),
      right + reach > 0, bottom + reach > 0, left - reach < Double(width),
      top - reach < Double(height)
    else { return }
    let columns = max(0, Int(left - reach))...min(width - 1, Int(right + reach))
    for y in max(0, Int(top - reach))...min(height - 1, Int(bottom + reach)) {
      for x in columns {
        let (px, py) = (Double(x) + 0.5, Double(y) + 0.5)
        var distance = Double.infinity
        for segment in segments { distance = min(distance, segment.distance(px, py)) }
        blend(x: x, y: y, color, min(1, thickness / 2 + 0.5 - distance))
      }
    }
  }

  /// A filled disc.
  mutating func disc(x: Double, y: Double, radius: Double, _ color: PixelColor) {
    line([(x, y)], thickness: 2 * radius, color)
  }

  enum Alignment { case left, center, right }

  /// Text whose baseline is at `y`; `size` is the height of a capital.
  ///
  /// - Parameter upwards: Turned by a quarter, to read from bottom to top; `x` is then the baseline.
  mutating func text(
    _ text: String, x: Double, y: Double, size: Double, _ alignment: Alignment = .left,
    upwards: Bool = false, _ color: PixelColor = .ink
  ) {
    let scale = size / StrokeFont.capitalHeight
    let length = StrokeFont.width(of: text) * scale
    let start = alignment == .left ? 0 : alignment == .center ? -length / 2 : -length
    for stroke in StrokeFont.strokes(of: text) {
      let points = stroke.map { point -> (x: Double, y: Double) in
        let (along, up) = (start + point.x * scale, point.y * scale)
        return upwards ? (x - up, y - along) : (x + along, y - up)
      }
      line(points, thickness: max(1.05, 0.13 * size), color)
    }
  }
}

private struct Segment {
  let x: Double
  let y: Double
  let dx: Double
  let dy: Double
  let square: Double

  init(from start: (x: Double, y: Double), to end: (x: Double, y: Double)) {
    (x, y) = start
    dx = end.x - start.x
    dy = end.y - start.y
    square = dx * dx + dy * dy
  }

  func distance(_ px: Double, _ py: Double) -> Double {
    let part = square > 0 ? min(max(((px - x) * dx + (py - y) * dy) / square, 0), 1) : 0
    let (ex, ey) = (px - x - part * dx, py - y - part * dy)
    return (ex * ex + ey * ey).squareRoot()
  }
}
