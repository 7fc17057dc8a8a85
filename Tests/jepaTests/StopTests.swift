import Foundation
import JEPA
import JEPATensor
import Testing

/// Runs that are asked to stop, and two processes that want one folder.
@Suite(.serialized) struct StopTests {
  private static let final = "checkpoints/step-00000024.safetensors"

  /// Calls `body` at the line of that step.
  private func at(_ number: Int, _ body: @escaping () -> Bool) -> (String) -> Bool {
    var seen = 0
    return { line in
      seen += line.contains("  step ") ? 1 : 0
      return seen == number && line.contains("  step ") && body()
    }
  }

  /// The signals come after an ordinary step, and after the last one of an epoch.
  @Test(arguments: [(SIGTERM, 3), (SIGUSR1, 8), (SIGINT, 5), (SIGHUP, 4)])
  func oneSignalSavesAndEnds(_ number: Int32, _ step: Int) throws {
    let place = try Workplace()
    let settings =
      step == 8
      ? ["evaluation.every=1", "evaluation.train_samples=24", "evaluation.validation_samples=16"]
      : []
    #expect(try place.train("whole", settings).status == 0)
    let stopped = try place.train(
      "cut", settings, signals: [number], onErrorLine: at(step) { true })
    #expect(stopped.status == 75, "\(stopped.errors)")
    let line = stopped.errorLines.last ?? ""
    #expect(line.hasPrefix("jepa: cut: stopped by \(StopSignals.name(of: number)) after step "))
    #expect(line.hasSuffix("of 24, which is saved; continue with jepa train --resume --run cut"))
    let newest = try #require(place.checkpoints(of: "cut").last)
    let saved = try SafetensorsFile(place.file(newest)).metadata["step"]
    #expect(saved.map { line.contains("after step \($0) of 24") } == true, "\(line)")

    let last = try place.jepa("train", "--run", "cut", "--resume")
    #expect(last.status == 0, "\(last.errors)")
    let tests = InterruptionTests()
    try tests.expectSameBits(place.file("whole/" + Self.final), place.file("cut/" + Self.final))
    let (whole, cut) = (try place.rows(of: "whole"), try place.rows(of: "cut"))
    #expect(tests.reproducible(cut) == tests.reproducible(whole))
    let log = try String(contentsOf: place.file("cut/log.jsonl"), encoding: .utf8)
    let events = ["start", "stop", "resume", "finish"].map { "\"event\":\"\($0)\"" }
    #expect(zip(log.split(separator: "\n"), events).allSatisfy { $0.contains($1) }, "\(log)")
  }

  /// Commands for the shell that starts the tool: a pipe stands in for its configuration, and it gets the signal while
  /// it reads that.
  private func signalling(_ name: String) -> String {
    // Opening the pipe waits until the tool has opened it; after `exec` it has the shell's number.
    "mkfifo pipe.yaml; (exec 3>pipe.yaml; kill -\(name) $$; cat tiny.yaml >&3) & true"
  }

  @Test(arguments: ["USR1", "TERM", "INT", "HUP"])
  func aSignalBeforeTheFirstStepIsNoCrash(_ name: String) throws {
    let place = try Workplace()
    let stopped = try place.jepa(
      "train", "--config", "pipe.yaml", "--run", "run", shell: signalling(name))
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(
      stopped.errorLines.last
        == "jepa: run: stopped by SIG\(name) before the first step of 24; continue with jepa train "
        + "--resume --run run")
    let last = try place.jepa("train", "--run", "run", "--resume")
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.rows(of: "run").compactMap { $0["step"] } == (1...24).map(Double.init))
  }

  /// Also while a run that goes on reads its checkpoint.
  @Test func aSignalBeforeTheFirstStepOfAResumedRun() throws {
    let place = try Workplace()
    let first = try place.train("run", signals: [SIGTERM], onErrorLine: at(3) { true })
    #expect(first.status == 75)
    let newest = try #require(place.checkpoints(of: "run").last)
    let step = try #require(try SafetensorsFile(place.file(newest)).metadata["step"])
    let stopped = try place.jepa(
      "train", "--config", "pipe.yaml", "--run", "run", "--resume", shell: signalling("USR1"))
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(stopped.errors.contains("stopped by SIGUSR1 after step \(step) of 24, which is saved"))
    #expect(place.checkpoints(of: "run").last == newest)
    #expect(try place.jepa("train", "--run", "run", "--resume").status == 0)
  }

  /// A comparison has nothing to save before its first model trains: it ends at once, and says how to go on.
  @Test func aSignalWhileAComparisonIsReadEndsItWithTheStatus() throws {
    let place = try Workplace()
    let stopped = try place.jepa(
      "compare", "--config", "pipe.yaml", "--heads", "point", "--run", "comparison",
      shell: signalling("TERM"))
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(stopped.errorLines.last?.contains("stopped by SIGTERM") == true, "\(stopped.errors)")
    #expect(stopped.errorLines.last?.hasSuffix("continue with the same command") == true)
  }

  /// Whoever stops a job sends more than one: mpirun to each of its processes, Slurm one after another.
  @Test func furtherSignalsDoNotEndItOtherwise() throws {
    let place = try Workplace()
    let stopped = try place.train(
      "run", signals: [Int32](repeating: SIGTERM, count: 100), onErrorLine: at(2) { true })
    #expect(stopped.status == 75, "\(stopped.errors)")
  }

  /// Several, since two that come before the process is scheduled count as one, and steps of a size that
  /// they cannot all miss.
  @Test func twoInterruptsEndAtOnce() throws {
    let place = try Workplace()
    let settings = ["data.batch_size=64", "meta.depth=24", "meta.embed_dim=96", "meta.threads=1"]
    let stopped = try place.train(
      "run", settings, signals: [Int32](repeating: SIGINT, count: 100), onErrorLine: at(1) { true })
    #expect(stopped.status == -SIGINT, "\(stopped.errors)")
  }

  @Test func theSecondProcessIsRefused() throws {
    let place = try Workplace()
    var refusals: [Tool.Outcome] = []
    let first = try place.train(
      "run", ["logging.checkpoint_steps=1"],
      onErrorLine: at(2) {
        for extra in [["--resume"], []] {
          if let other = try? place.train("run", ["logging.checkpoint_steps=1"], extra) {
            refusals.append(other)
          }
        }
        return false
      })
    #expect(first.status == 0, "\(first.errors)")
    #expect(refusals.count == 2)
    for refusal in refusals {
      #expect(refusal.status == 1)
      #expect(refusal.errorLines.count == 1, "\(refusal.errors)")
      #expect(refusal.errors.hasPrefix("jepa: cannot use the run folder run: process "))
      #expect(refusal.errors.hasSuffix("wait for its end, or name another folder\n"))
    }
    // The kernel takes the lock back from a process that was killed.
    let killed = try place.train("other", onErrorLine: at(2) { true })
    #expect(killed.status == -SIGKILL)
    #expect(try place.jepa("train", "--run", "other", "--resume").status == 0)
  }

  /// More epochs may follow; another learning rate is another run.
  @Test func moreEpochsMayFollow() throws {
    let place = try Workplace()
    #expect(try place.train("run", ["optimization.epochs=1", "optimization.warmup=0"]).status == 0)
    let more = try place.jepa(
      "train", "--run", "run", "--resume", "--set", "optimization.epochs=2")
    #expect(more.status == 0, "\(more.errors)")
    #expect(more.errors.contains("optimization.epochs was 1 and is now 2"))
    #expect(try place.rows(of: "run").compactMap { $0["step"] } == (1...16).map(Double.init))
    let stored = try TrainingConfiguration(contentsOf: place.file("run/config.yaml").path)
    #expect(stored.optimization.epochs == 2)
    let damaged = try #require(place.checkpoints(of: "run").last)
    var bytes = try Data(contentsOf: place.file(damaged))
    bytes[bytes.count / 2] ^= 4
    try place.write(bytes, to: damaged)
    let resumed = try place.jepa("train", "--run", "run", "--resume")
    #expect(resumed.status == 0)
    #expect(resumed.errors.contains("is damaged") && resumed.errors.contains("is taken"))
  }
}
