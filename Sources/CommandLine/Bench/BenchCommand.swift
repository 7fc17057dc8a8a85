import ArgumentParser
import Foundation
import JEPA

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Times parts of the package.",
    subcommands: [BenchTraining.self, BenchHeads.self, BenchEncode.self, BenchProbes.self])

  /// Writes what was timed as JSON, keys in snake case.
  static func write(_ figures: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try AtomicFile.write(Array(encoder.encode(figures)), to: path, isNamedByUser: true)
  }
}
