import JEPAData
import JEPATensor

/// Ambiguous scenes in rows: what is visible, then every completion under which stands its
/// probability, the most probable first. The one that is there is framed.
public struct AmbiguousScenePicture: Sendable {
  public var title: String
  public var scenes: [AmbiguousScene]

  /// - Parameter scenes: all of one size.
  public init(title: String, scenes: [AmbiguousScene]) {
    require(
      !scenes.isEmpty
        && scenes.allSatisfy { $0.region.imageWidth == scenes[0].region.imageWidth },
      "AmbiguousScenePicture: \(scenes.count) scenes; give some, of one size")
    self.title = title
    self.scenes = scenes
  }

  /// For each number of rings, the first scene of the data set with that many, the colours of poles
  /// taking turns. Numbers that the first `limit` scenes do not have are left out.
  public static func examples(of dataset: AmbiguousScenes, limit: Int = 2000) -> [AmbiguousScene] {
    let colors = AmbiguousScene.Pole.Color.allCases
    let scenes = (0..<min(limit, dataset.count)).lazy.map { dataset.scene(at: $0) }
    return (1...dataset.settings.modes).compactMap { rings in
      let wanted = AmbiguousScene.Pole(color: colors[(rings - 1) % colors.count], rings: rings)
      return scenes.first { $0.pole == wanted }
    }
  }

  static let legend =
    "framed: the flag that was drawn; to the left: the pole, and the entropy"

  /// Draws the picture; every pixel of a scene becomes a square of `scale` pixels.
  public func image(scale: Int = 3) -> Image {
    let tile = scenes[0].region.imageWidth * scale
    let (margin, gap, caption, header) = (26, 22, 34, 76)
    let columns = 1 + (scenes.map(\.completions.count).max() ?? 1)
    var canvas = Canvas(
      width: 2 * margin + columns * tile + columns * gap,
      height: header + scenes.count * (tile + caption) + margin / 2)
    canvas.text(title, x: Double(margin), y: 32, size: 13)
    canvas.text(Self.legend, x: Double(margin), y: 55, size: 9.5, .left, .grey)
    for (row, scene) in scenes.enumerated() {
      let top = header + row * (tile + caption)
      let base = Double(top + tile) + 20
      canvas.tile(scene.image, x: margin, y: top, scale: scale) { x, y, own in
        guard scene.region.contains(x: x / scale, y: y / scale) else { return own }
        return (x + y) % 12 < 2 ? PixelColor(red: 0.6, green: 0.6, blue: 0.6) : .paper
      }
      let rings = scene.pole.rings == 1 ? "1 ring" : "\(scene.pole.rings) rings"
      canvas.text(
        "\(scene.pole.color.rawValue), \(rings): \(decimal(scene.entropy)) nats",
        x: Double(margin), y: base, size: 9.5, .left, .grey)
      for index in scene.completions.indices {
        // The completions stand apart from what they complete.
        let x = margin + gap + (index + 1) * (tile + gap)
        canvas.tile(scene.image(completion: index), x: x, y: top, scale: scale) { $2 }
        if index == scene.drawn {
          for width in 2...4 {
            canvas.frame(
              x: x - width, y: top - width, width: tile + 2 * width, height: tile + 2 * width,
              .ink)
          }
        }
        canvas.text(
          decimal(scene.probabilities[index]), x: Double(x + tile / 2), y: base, size: 9.5, .center)
      }
    }
    return canvas.image()
  }

  /// Two decimals.
  private func decimal(_ value: Double) -> String {
    let hundredths = String(Int((abs(value) * 100).rounded()))
    let digits = String(repeating: "0", count: max(0, 3 - hundredths.count)) + hundredths
    return digits.dropLast(2) + "." + digits.suffix(2)
  }
}

extension PixelColor {
  fileprivate static let paper = PixelColor(red: 0.93, green: 0.93, blue: 0.93)
}

extension Canvas {
  /// An image, enlarged without smoothing; `color` gets each pixel's place in it and its own colour.
  fileprivate mutating func tile(
    _ image: Image, x: Int, y: Int, scale: Int, _ color: (Int, Int, PixelColor) -> PixelColor
  ) {
    for dy in 0..<image.height * scale {
      for dx in 0..<image.width * scale {
        let own = image[dx / scale, dy / scale]
        let pixel = PixelColor(
          red: Double(own.red) / 255, green: Double(own.green) / 255,
          blue: Double(own.blue) / 255)
        blend(x: x + dx, y: y + dy, color(dx, dy, pixel))
      }
    }
  }
}
