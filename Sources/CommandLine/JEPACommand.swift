import ArgumentParser
import CJEPAFatalSignals
import Foundation
import JEPA
import JEPATensor

/// The command-line tool.
struct JEPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jepa",
    abstract: "Trains and evaluates I-JEPA with interchangeable density heads.",
    discussion: """
      Runs on Linux on every x86-64 and arm64 processor. AVX2, AVX-512 and AMX are used where they are present, and \
      bfloat16 products where the processor has them; JEPA_MAX_CPU_ISA (SSE41, AVX2, AVX512_CORE, AVX512_CORE_BF16, \
      AVX512_CORE_AMX) lowers what is used.
      """,
    version: JEPAVersion.current,
    subcommands: [
      TrainCommand.self, EvalCommand.self, CompareCommand.self, AblateCommand.self,
      EncodeCommand.self, MasksCommand.self,
      ScenesCommand.self,
      DensityCommand.self, ReportCommand.self, BenchCommand.self,
    ]
  )

  /// Takes over the signals that stop `jepa train`, `compare` and `ablate`, before the arguments are read: that takes
  /// milliseconds in which one may come.
  private static func listen(command name: String?) {
    switch name {
    case TrainCommand._commandName: StopSignals.listen()
    // Until a model is trained there is nothing to save.
    case CompareCommand._commandName, AblateCommand._commandName: ComparedRun.endAtSignal()
    default: break
    }
  }

  /// Runs the command that the arguments name. A refusal of any kind is one line on standard error.
  static func main() {
    require(jk_fatal_signals_are_handled() != 0, "jepa: linked without its signal handlers")
    OutOfMemory.prepare()
    StandardStreams.prepare()
    listen(command: CommandLine.arguments.dropFirst().first)
    do {
      try Processor.checkEnvironment()
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

extension ArgumentHelp {
  /// Of every `--precision`.
  static let precision: ArgumentHelp =
    "Of matrix products: bfloat16, float32 (exact), or auto: bfloat16 where the processor multiplies it faster."
}
