import ArgumentParser
import Foundation
import JEPA
import JEPAHeads

/// What `jepa compare` and `jepa ablate` both take.
struct ComparisonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The configuration that all models share.", valueName: "file"),
    transform: HomePath.expanded)
  var config: String
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "The folder of the comparison: a run folder for each model, and the tables.",
      valueName: "dir"), transform: HomePath.expanded)
  var folder: String
  @Option(help: "Seeds, separated by commas; the configuration's unless given.") var seeds: String?
  @OptionGroup var overrides: OverrideOptions
  @Option(help: "Draws per target (64).") var samples: Int?
  @Option(help: "Held-out images that densities are scored on, and as many training images (256).")
  var images: Int?
  @OptionGroup(title: "Features") var probes: ProbeOptions

  /// Trains and evaluates the variants.
  func run(_ kind: ComparisonRecord.Kind, _ variants: [Variant]) throws {
    for (option, value) in [("--samples", samples), ("--images", images)] {
      if let value, value < 2 {
        throw CommandError("\(option) \(value): give a number of at least 2")
      }
    }
    var features = try probes.evaluation()
    features.floors = true
    try Comparison(
      kind: kind, folder: Self.plain(folder),
      configurations: VariantConfigurations(
        file: config, sets: overrides.settings, data: overrides.data),
      variants: variants, seeds: try seedList(), features: features,
      samples: samples ?? UncertaintyEvaluation.samples,
      images: images ?? UncertaintyEvaluation.images
    ).run()
  }

  private func seedList() throws -> [UInt64]? {
    guard let seeds else { return nil }
    let list = try Variant.list(seeds).map { word -> UInt64 in
      guard let seed = UInt64(word) else {
        throw CommandError("--seeds \(word): give whole numbers from 0, separated by commas")
      }
      return seed
    }
    guard !list.isEmpty, Set(list).count == list.count else {
      throw CommandError("--seeds \(seeds): give at least one seed, and none twice")
    }
    return list
  }

  private static func plain(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Trains and evaluates several heads alike.",
    discussion: """
      Each head is trained as jepa train would, on the same images in the same order with the same \
      masks and the same initial encoder, and evaluated as jepa eval would, with and without \
      --uncertainty. Called again, it goes on where it stopped. Writes table.csv, table.json and \
      table.md.
      """)

  @Option(
    help: ArgumentHelp(
      """
      Heads, separated by commas, each with options of its own after blanks: \
      "point,mixture components=16,flow". All heads unless given.
      """, valueName: "list"))
  var heads: String?
  @OptionGroup var options: ComparisonOptions

  func run() throws {
    let names = heads.map { Variant.list($0) } ?? JEPATool.heads.names
    guard !names.isEmpty else {
      throw CommandError(
        "--heads names no head; give some of "
          + JEPATool.heads.names.joined(separator: ", "))
    }
    try options.run(.compare, try names.map { try Variant(head: $0) })
  }
}

struct AblateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate", abstract: "Trains and evaluates several values of a setting alike.",
    discussion: """
      As jepa compare, over the values of a key. Several --sweep are taken one after the other, each \
      from the base configuration: not their grid.
      """)

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A key and its values; commas within brackets do not part.",
      valueName: "section.key=v1,v2"))
  var sweep: [String]
  @OptionGroup var options: ComparisonOptions

  func run() throws {
    let variants = try sweep.flatMap { text -> [Variant] in
      guard let equals = text.firstIndex(of: "="), text[..<equals].contains(".") else {
        throw CommandError("--sweep \(text): give section.key=v1,v2")
      }
      let values = Variant.list(String(text[text.index(after: equals)...]))
      guard !values.isEmpty else { throw CommandError("--sweep \(text) has no values") }
      return values.map { Variant(key: String(text[..<equals]), value: $0) }
    }
    guard !variants.isEmpty else { throw CommandError("give --sweep section.key=v1,v2") }
    try options.run(.ablate, variants)
  }
}
