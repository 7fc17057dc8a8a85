import ArgumentParser
import Foundation
import JEPA
import JEPAData

struct MasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "masks", abstract: "Draws context and target blocks over images.",
    discussion: """
      One row an image: the crop, what the context encoder sees, and each target block in its own \
      colour.
      """)

  @Option(help: "The configuration.") var config: String
  @Option(help: "The data set's folder, in place of the configuration's.") var data: String?
  @Option(help: "The PNG file to write.") var output: String
  @Option(help: "Images to draw.") var count = 6
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var overrides: [String] = []

  func run() throws {
    guard count > 0 else { throw ValidationError("--count \(count): draw at least one image") }
    let configuration = try TrainingConfiguration(contentsOf: config, overrides: overrides)
    let dataset = try configuration.data.replacingPath(data).openDataset(.train)
    let grid = try configuration.encoderConfiguration().grid
    let source = MaskSource(configuration.mask, grid: grid, seed: configuration.meta.seed)
    let loader = configuration.loader(for: dataset)
    let indices = Array(loader.order(epoch: 0).prefix(count))
    let masks = source.masks(epoch: 0, step: 0, indices: indices)
    var random = RandomSource(seed: configuration.meta.seed).split("masks picture")
    var tiles: [Image] = []
    for (row, index) in indices.enumerated() {
      let crop = loader.transform.image(from: try dataset.image(at: index), using: &random)
      let drawing = MaskDrawing(image: crop, patchSize: configuration.mask.patchSize)
      tiles.append(drawing.plain)
      for block in masks.contexts { tiles.append(drawing.context(block[row])) }
      tiles.append(drawing.targets(masks.targets.map { $0[row] }))
    }
    let sheet = Image.contactSheet(tiles, columns: 2 + masks.contexts.count, gap: 8)
    try PNGFile.write(sheet, to: URL(filePath: output))
    print("\(output): \(indices.count) images")
  }
}

/// One image with its blocks, enlarged so that patches can be told apart.
private struct MaskDrawing {
  private let enlarged: Image
  private let patch: Int
  private let columns: Int

  /// Of Okabe and Ito's palette, told apart by colour-blind readers too.
  private static let colours: [(Int, Int, Int)] = [
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (213, 94, 0), (204, 121, 167), (240, 228, 66),
  ]

  init(image: Image, patchSize: Int) {
    let factor = max(1, 192 / max(image.width, image.height))
    enlarged = Image(width: image.width * factor, height: image.height * factor) { bytes in
      for y in 0..<image.height * factor {
        for x in 0..<image.width * factor {
          let colour = image[x / factor, y / factor]
          let at = 3 * (y * image.width * factor + x)
          (bytes[at], bytes[at + 1], bytes[at + 2]) = (colour.red, colour.green, colour.blue)
        }
      }
    }
    patch = patchSize * factor
    columns = image.width / patchSize
  }

  var plain: Image { enlarged }

  func context(_ patches: [Int32]) -> Image {
    let shown = Set(patches)
    return painted { patch, colour in
      shown.contains(patch)
        ? colour
        : (colour.0 / 6 + 190, colour.1 / 6 + 190, colour.2 / 6 + 190)
    }
  }

  func targets(_ blocks: [[Int32]]) -> Image {
    let sets = blocks.map(Set.init)
    return painted { patch, colour in
      let hits = sets.indices.filter { sets[$0].contains(patch) }
      guard !hits.isEmpty else {
        return (colour.0 / 6 + 190, colour.1 / 6 + 190, colour.2 / 6 + 190)
      }
      let tints = hits.map { Self.colours[$0 % Self.colours.count] }
      func mix(_ own: Int, _ channel: (((Int, Int, Int)) -> Int)) -> Int {
        (own + tints.reduce(0) { $0 + channel($1) } / tints.count) / 2
      }
      return (mix(colour.0) { $0.0 }, mix(colour.1) { $0.1 }, mix(colour.2) { $0.2 })
    }
  }

  private func painted(
    _ colour: (Int32, (Int, Int, Int)) -> (Int, Int, Int)
  ) -> Image {
    Image(width: enlarged.width, height: enlarged.height) { bytes in
      for y in 0..<enlarged.height {
        for x in 0..<enlarged.width {
          let own = enlarged[x, y]
          let place = Int32(y / patch * columns + x / patch)
          let (red, green, blue) = colour(place, (Int(own.red), Int(own.green), Int(own.blue)))
          let at = 3 * (y * enlarged.width + x)
          bytes[at] = UInt8(min(255, red))
          bytes[at + 1] = UInt8(min(255, green))
          bytes[at + 2] = UInt8(min(255, blue))
        }
      }
    }
  }
}
