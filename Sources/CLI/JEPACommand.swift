import ArgumentParser
import JEPA

/// The command-line tool.
@main
struct JEPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jepa",
    abstract: "Trains and evaluates I-JEPA with interchangeable density heads.",
    subcommands: [
      TrainCommand.self, EvalCommand.self, EncodeCommand.self, MasksCommand.self,
      BenchCommand.self,
    ]
  )
}

extension TrainingPrecision: ExpressibleByArgument {}
