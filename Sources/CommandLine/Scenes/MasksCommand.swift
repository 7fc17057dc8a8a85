import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAReport

struct MasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "masks", abstract: "Draws context and target blocks over images.",
    discussion: """
      One row an image: the crop; what the context encoder sees of it, with the outlines of the \
      target blocks over the rest; and each target block.
      """)

  @Option(
    help: ArgumentHelp("The configuration.", valueName: "file"), transform: HomePath.expanded)
  var config: String
  @Option(
    help: ArgumentHelp("The PNG file to write.", valueName: "file"), transform: HomePath.expanded)
  var output: String
  @Option(help: "Images to draw, at most 100.") var count = 6
  @OptionGroup var overrides: OverrideOptions

  /// Blocks of one kind that are drawn.
  private static let mostBlocks = 6

  func run() throws {
    guard 1...100 ~= count else {
      throw CommandError("--count \(count): give a number from 1 to 100")
    }
    try CommandError.requireFolder(of: output, option: "--output")
    let configuration = try overrides.configuration(config)
    let examples = try MaskExamples(configuration, count: count)
    let contexts = examples.contexts[0].indices.prefix(Self.mostBlocks)
    let targets = examples.targets[0].indices.prefix(Self.mostBlocks)
    var tiles: [Image] = []
    for (row, crop) in examples.images.enumerated() {
      let drawing = MaskDrawing(image: crop, patchSize: configuration.mask.patchSize)
      let blocks = targets.map { examples.targets[row][$0] }
      tiles.append(drawing.plain)
      for context in contexts {
        tiles.append(drawing.context(examples.contexts[row][context], targets: blocks))
      }
      for block in blocks.indices { tiles.append(drawing.target(block, of: blocks)) }
    }
    let columns = 1 + contexts.count + targets.count
    let titles =
      ["image"]
      + contexts.indices.map { contexts.count == 1 ? "context" : "context \($0 + 1)" }
      + targets.indices.map { "target \($0 + 1)" }
    let sheet = Image.contactSheet(tiles, columns: columns, gap: MaskDrawing.gap)
    let picture = MaskDrawing.titled(sheet, titles)
    try AtomicFile.write(
      Array(PNGFile.encode(picture, name: output)), to: output, isNamedByUser: true)
    let hidden =
      examples.contexts[0].count - contexts.count + examples.targets[0].count - targets.count
    StandardOutput.write(
      "\(output): \(examples.images.count) \(examples.images.count == 1 ? "image" : "images"), "
        + "\(picture.width)×\(picture.height) pixels"
        + (hidden > 0 ? ", without \(hidden) further blocks" : ""))
  }
}
