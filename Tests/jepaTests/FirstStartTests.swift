import Foundation
import Testing

@testable import JEPACommandLine

/// A job's script has one line for its first start and for those after it: `jepa train --config … --resume`.
@Suite struct FirstStartTests {
  private static let short = ["optimization.epochs=1", "optimization.warmup=0"]
  private static let says = "run: nothing is there to resume yet; a new run begins"

  /// Where nothing is, in a folder for Slurm's output, and where a start was killed before it wrote anything.
  @Test(arguments: ["", "mkdir run; echo started > run/slurm-7.out", "mkdir -p run/checkpoints"])
  func aRunBegins(_ before: String) throws {
    let place = try Workplace()
    let outcome = try place.train(
      "run", Self.short, ["--resume"], shell: before.isEmpty ? nil : before)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.first == Self.says)
    #expect(place.checkpoints(of: "run").count == 1)
    let again = try place.train("run", Self.short, ["--resume"])
    #expect(again.status == 0 && !again.errors.contains(Self.says), "\(again.errors)")
    #expect(again.errors.contains("resumed at step 8"))
  }

  @Test func withoutAConfigurationItIsRefused() throws {
    let place = try Workplace()
    let outcome = try place.jepa("train", "--resume", "--run", "run")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "jepa: run: no run is there to resume yet; check the path, or give --config FILE to "
        + "start it\n")
    #expect(!place.isFolder("run"))
  }

  /// What was lost is not begun anew over what is left.
  @Test func checkpointsWithoutTheirConfigurationAreRefused() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    try FileManager.default.removeItem(at: place.file("run/config.yaml"))
    let before = place.listing()
    let outcome = try place.train("run", Self.short, ["--resume"])
    #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("it holds checkpoints but no config.yaml"))
    #expect(place.listing() == before)
    try place.write("", to: "file")
    #expect(
      try place.train("file", [], ["--resume"]).errors.contains("it is a file; name a folder"))
  }
}
