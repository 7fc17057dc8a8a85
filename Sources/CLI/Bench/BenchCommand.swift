import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Times parts of the package.",
    subcommands: [BenchTraining.self, BenchHeads.self])
}
