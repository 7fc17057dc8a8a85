import ArgumentParser
import Foundation
import JEPA

/// The command-line tool.
@main
struct JEPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jepa",
    abstract: "Trains and evaluates I-JEPA with interchangeable density heads.",
    version: JEPAVersion.current,
    subcommands: [
      TrainCommand.self, EvalCommand.self, CompareCommand.self, AblateCommand.self,
      EncodeCommand.self, MasksCommand.self,
      ScenesCommand.self,
      DensityCommand.self, ReportCommand.self, BenchCommand.self,
    ]
  )

  /// Commands that end with ``StoppedRun/status`` when a signal stops them.
  private static let stoppable: [any ParsableCommand.Type] = [
    TrainCommand.self, CompareCommand.self, AblateCommand.self,
  ]

  /// Runs the command that the arguments name. A refusal of any kind is one line on standard error.
  static func main() {
    StandardStreams.prepare()
    FatalSignals.listen()
    // Before the arguments are read, which takes milliseconds in which a signal may come.
    if let name = CommandLine.arguments.dropFirst().first,
      stoppable.contains(where: { $0._commandName == name })
    {
      StopSignals.listen()
    }
    do {
      do {
        var command = try parseAsRoot()
        try command.run()
      } catch  where exitCode(for: error) == .success {
        // Help, for instance.
        let text = fullMessage(for: error)
        if !text.isEmpty { StandardOutput.write(text) }
      }
      try StandardOutput.check()
    } catch {
      let code = exitCode(for: error)
      let line = Self.line(for: error, arguments: CommandLine.arguments)
      StandardErrorLog.write(line)
      if error is StoppedRun { exit(withError: ExitCode(StoppedRun.status)) }
      exit(withError: code)
    }
  }

  /// An error as one line; for arguments that cannot be parsed, with where to read about them.
  static func line(for error: any Error, arguments: [String]) -> String {
    let lines = message(for: error).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let text = "jepa: " + lines.joined(separator: " ")
    guard exitCode(for: error) == .validationFailure else { return text }
    let names = configuration.subcommands.map { $0._commandName }
    var command = "jepa"
    if let name = arguments.dropFirst().first, names.contains(name) { command += " " + name }
    let end = text.hasSuffix(".") || text.hasSuffix("?") ? " " : "; "
    return text + end + "see " + command + " --help"
  }
}

extension TrainingPrecision: ExpressibleByArgument {}
