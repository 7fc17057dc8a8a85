import ArgumentParser

/// The command-line tool.
@main
struct JEPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jepa",
    abstract: "Trains and evaluates I-JEPA with interchangeable density heads.",
    subcommands: [BenchCommand.self]
  )
}
