import Foundation
import JEPA
import Testing

/// Logs and results that cannot be written.
@Suite(.serialized) struct StandardStreamTests {
  private static let final = "checkpoints/step-00000024.safetensors"

  /// Nothing of them reaches a file of the run, and nothing of it ends the training.
  @Test(arguments: [
    "exec 2>/dev/full", "exec 2>&-", "exec 2>&- >&- <&-",
    // A reader that goes away after the first line.
    "mkfifo log; (head -n 1 log >/dev/null) & exec 2>log",
  ])
  func aLogThatCannotBeWrittenChangesNothing(_ shell: String) throws {
    let place = try Workplace()
    #expect(try place.train("whole").status == 0)
    let outcome = try place.train("run", shell: shell)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let tests = InterruptionTests()
    try tests.expectSameBits(
      place.file("whole/" + Self.final), place.file("run/" + Self.final))
    #expect(
      tests.reproducible(try place.rows(of: "run"))
        == tests.reproducible(try place.rows(of: "whole")))
    let log = try String(contentsOf: place.file("run/log.jsonl"), encoding: .utf8)
    #expect(
      log.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }, "\(log)")
  }

  /// As Ctrl-C does with `2>&1 | tee log`: the reader is gone, and the run is asked to stop.
  @Test func aRunWithoutItsReaderSavesItself() throws {
    let place = try Workplace()
    // The reader ends with the line of the third step and then stops the tool, which has the shell's number.
    let outcome = try place.train(
      "run", ["optimization.epochs=10"],
      shell: "mkfifo log; (sed '/  step  3/q' log >/dev/null; kill -INT $$) & exec 2>log")
    #expect(outcome.status == 75)
    let newest = try #require(place.checkpoints(of: "run").last)
    #expect(newest >= "run/checkpoints/step-00000003.safetensors")
    let last = try place.jepa("train", "--run", "run", "--resume")
    #expect(last.status == 0, "\(last.errors)")
  }

  @Test func resultsThatCannotBeWrittenAreARefusal() throws {
    let place = try Workplace()
    #expect(try place.train("run").status == 0)
    try place.write(
      "a,b\n" + (0..<40).map { "\($0 * 5 % 13),\($0 * 7 % 11)\n" }.joined(), to: "table.csv")
    let commands = [
      ["eval", "run", "--probe", "rank"], ["masks", "--config", "tiny.yaml", "--output", "m.png"],
      [
        "density", "--head", "point", "--data", "table.csv", "--random-folds", "2", "--set",
        "epochs=1",
      ],
      ["--help"], ["train", "--help"], ["--version"],
    ]
    for arguments in commands {
      for (shell, reason) in [
        ("exec >/dev/full", "No space left on device"), ("exec >&-", "it is closed"),
      ] {
        let outcome = try Tool.run(arguments, in: place.url, shell: shell)
        #expect(outcome.status == 1, "\(arguments) \(shell)")
        #expect(
          outcome.errorLines == [
            "jepa: the results cannot be written to standard output: " + reason
          ], "\(arguments): \(outcome.errors)")
      }
      let whole = try Tool.run(arguments, in: place.url)
      #expect(whole.status == 0 && !whole.output.isEmpty, "\(arguments): \(whole.errors)")
    }
  }

  /// Files that the command was asked for are there nevertheless.
  @Test func filesAreWrittenWhereStandardOutputIsNot() throws {
    let place = try Workplace()
    #expect(try place.train("run").status == 0)
    let outcome = try place.jepa(
      "eval", "run", "--probe", "rank", "--json", "figures.json", shell: "exec >/dev/full")
    #expect(outcome.status == 1)
    #expect(try !Data(contentsOf: place.file("figures.json")).isEmpty)
  }
}
