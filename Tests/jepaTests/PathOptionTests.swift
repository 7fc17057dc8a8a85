import ArgumentParser
import Foundation
import Testing

@testable import JEPACommandLine

/// `~` in every option and argument that is a path.
@Suite struct PathOptionTests {
  /// What is no path; every other option and argument is taken for one.
  private static let others: Set = [
    "head", "delimiter", "drop", "condition", "set", "heads", "sweep", "seeds", "probe", "layers",
    "labels",
    "mean", "std", "resize", "crop", "strengths", "model", "version", "help",
  ]
  /// `--encoder` of `eval`, `compare` and `ablate` is a part of a run.
  private static let parts = ["eval", "compare", "ablate"]

  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let kind: String
      let names: [Name]?
      let valueName: String?
    }
    let commandName: String
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  private struct Dump: Decodable {
    let command: Command
  }

  private static func refusals(_ command: Command, _ path: [String]) -> [(String, String)] {
    let nested = (command.subcommands ?? []).filter { $0.commandName != "help" }
    let own = nested.isEmpty ? command.arguments ?? [] : []
    return nested.flatMap { refusals($0, path + [$0.commandName]) }
      + own.compactMap { argument in
        let name = argument.names?.first { $0.kind == "long" }?.name ?? argument.valueName ?? ""
        if argument.kind == "flag" || others.contains(name) { return nil }
        if name == "encoder", parts.contains(path[0]) { return nil }
        let words = path + (argument.kind == "positional" ? [] : ["--" + name])
        do {
          _ = try JEPACommand.parseAsRoot(words + ["~nobody.at.all/x"])
          return (words.joined(separator: " "), "")
        } catch {
          return (words.joined(separator: " "), JEPACommand.message(for: error))
        }
      }
  }

  /// An option of a new kind is on the list above, or its value goes through `HomePath.expanded`.
  @Test func everyPathIsExpanded() throws {
    let dump = try JSONDecoder().decode(Dump.self, from: Data(JEPACommand._dumpHelp().utf8))
    let refusals = Self.refusals(dump.command, [])
    #expect(refusals.count > 40)
    for (option, message) in refusals {
      #expect(message.contains("~nobody.at.all"), "\(option): \(message)")
    }
    let paths = refusals.filter { $0.1.contains("there is no user nobody.at.all") }.map(\.0)
    for option in [
      "train --run", "train --config", "encode --images", "report", "density --data", "eval",
    ] {
      #expect(paths.contains(option), "\(option) is no path: \(paths)")
    }
  }

  /// In quotes, after `=` and in configurations, where no shell expands it.
  @Test func runsAreWrittenToTheHomeFolder() throws {
    let place = try Workplace()
    try place.makeFolder("home")
    try place.makeFolder("work")
    let short = [
      "--config", "../tiny.yaml", "--set", "optimization.epochs=1", "--set",
      "optimization.warmup=0",
    ]
    for (arguments, run) in [
      (["--run", "~/runs/a"], "a"), (["--run=~/runs/b"], "b"),
      (["--set", "logging.folder=~/runs/c"], "c"),
    ] {
      let outcome = try Tool.run(
        ["train"] + short + arguments, in: place.file("work"),
        shell: "export HOME=\(place.file("home").path)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(place.checkpoints(of: "home/runs/" + run).count == 1)
    }
    #expect(place.listing(of: "work") == [])
  }
}
