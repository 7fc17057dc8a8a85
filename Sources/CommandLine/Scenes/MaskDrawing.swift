import JEPAData

/// One image with its blocks, enlarged so that patches can be told apart.
struct MaskDrawing {
  /// Pixels between tiles.
  static let gap = 10
  private static let tileSize = 192
  /// Of Okabe and Ito's palette, told apart by colour-blind readers too.
  private static let colors: [Color] = [
    Color(230, 159, 0), Color(86, 180, 233), Color(0, 158, 115), Color(213, 94, 0),
    Color(204, 121, 167), Color(0, 114, 178),
  ]
  private static let white = Color(255, 255, 255)

  /// The enlarged image.
  let plain: Image
  private let patch: Int
  private let columns: Int

  init(image: Image, patchSize: Int) {
    let factor = max(1, Self.tileSize / max(image.width, image.height))
    plain = image.resized(
      width: image.width * factor, height: image.height * factor, interpolation: .bicubic)
    patch = patchSize * factor
    columns = image.width / patchSize
  }

  /// The patches of a context block; the others faint, with the outlines of the target blocks.
  func context(_ patches: [Int32], targets: [[Int32]]) -> Image {
    let shown = Set(patches)
    let blocks = targets.map(Set.init)
    return painted { x, y, own in
      for (index, block) in blocks.enumerated() where isEdge(of: block, x, y, width: 2) {
        return Self.colors[index % Self.colors.count]
      }
      return shown.contains(place(x, y)) ? gridded(own, x, y) : own.mixed(with: Self.white, 0.85)
    }
  }

  /// One target block in its outline; everything else faint.
  func target(_ index: Int, of targets: [[Int32]]) -> Image {
    let block = Set(targets[index])
    let color = Self.colors[index % Self.colors.count]
    return painted { x, y, own in
      if isEdge(of: block, x, y, width: 3) { return color }
      return block.contains(place(x, y))
        ? gridded(own, x, y) : own.mixed(with: Self.white, 0.85)
    }
  }

  /// A sheet of tiles under the titles of its columns.
  static func titled(_ sheet: Image, _ titles: [String]) -> Image {
    let height = 2 * PixelText.height + gap
    let width = (sheet.width - gap) / titles.count
    return Image(width: sheet.width, height: sheet.height + height) { bytes in
      bytes.update(repeating: 255)
      for (index, byte) in sheet.pixels.enumerated() {
        bytes[3 * sheet.width * height + index] = byte
      }
      for (column, title) in titles.enumerated() {
        let scale = 2 * PixelText.width(of: title) <= width - gap ? 2 : 1
        for (x, y) in PixelText.pixels(of: title) {
          for dx in 0..<scale {
            for dy in 0..<scale {
              let px = gap + column * width + scale * x + dx
              let py = gap + (2 - scale) * PixelText.height + scale * y + dy
              guard px < sheet.width else { continue }
              for channel in 0..<3 { bytes[3 * (py * sheet.width + px) + channel] = 64 }
            }
          }
        }
      }
    }
  }

  private func place(_ x: Int, _ y: Int) -> Int32 { Int32(y / patch * columns + x / patch) }

  /// A thin line between patches.
  private func gridded(_ own: Color, _ x: Int, _ y: Int) -> Color {
    let isLine = (x % patch == 0 && x > 0) || (y % patch == 0 && y > 0)
    return isLine && patch >= 8 ? own.mixed(with: Self.white, 0.35) : own
  }

  /// Whether a pixel of the block is within `width` of the block's border.
  private func isEdge(of block: Set<Int32>, _ x: Int, _ y: Int, width: Int) -> Bool {
    guard block.contains(place(x, y)) else { return false }
    return [(-width, 0), (width, 0), (0, -width), (0, width)].contains { dx, dy in
      let (nextX, nextY) = (x + dx, y + dy)
      guard (0..<plain.width).contains(nextX), (0..<plain.height).contains(nextY) else {
        return true
      }
      return !block.contains(place(nextX, nextY))
    }
  }

  private func painted(_ color: (Int, Int, Color) -> Color) -> Image {
    Image(width: plain.width, height: plain.height) { bytes in
      for y in 0..<plain.height {
        for x in 0..<plain.width {
          let own = plain[x, y]
          let result = color(x, y, Color(own.red, own.green, own.blue))
          let at = 3 * (y * plain.width + x)
          (bytes[at], bytes[at + 1], bytes[at + 2]) = (result.red, result.green, result.blue)
        }
      }
    }
  }
}

private struct Color {
  let red, green, blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  func mixed(with other: Color, _ part: Double) -> Color {
    func mix(_ own: UInt8, _ other: UInt8) -> UInt8 {
      UInt8((Double(own) * (1 - part) + Double(other) * part).rounded())
    }
    return Color(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }
}
