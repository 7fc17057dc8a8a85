import Foundation
import JEPA
import JEPATensor
import Testing

/// A run that is killed and resumed ends with the same bits as one that was left alone.
@Suite(.serialized) struct InterruptionTests {
  /// What a row says, without the one value that depends on the clock.
  func reproducible(_ rows: [[String: Double]]) -> [[String: Double]] {
    rows.map { $0.filter { $0.key != "images_per_second" } }
  }

  func expectSameBits(_ a: URL, _ b: URL) throws {
    let (left, right) = (try SafetensorsFile(a), try SafetensorsFile(b))
    #expect(left.names == right.names)
    for prefix in [
      "encoder.", "predictor.", "target_encoder.", "optimizer.first.", "optimizer.second.",
    ] {
      #expect(left.names.contains { $0.hasPrefix(prefix) }, "no \(prefix)… in the checkpoint")
    }
    for name in left.names where right.contains(name) {
      #expect(try left.bytes(named: name) == right.bytes(named: name), "\(name) differs")
    }
    #expect(left.metadata["step"] == right.metadata["step"])
    #expect(left.metadata["optimizer_step"] == right.metadata["optimizer_step"])
  }

  /// Kills after so many lines of progress, counted anew for each process.
  @Test(arguments: [
    (1, ["meta.precision=float32"], [1, 3, 5, 2, 7]),
    (2, ["meta.precision=bfloat16", "logging.keep=2"], [1, 2, 6, 5, 3, 4]),
    (
      3,
      [
        "evaluation.every=1", "evaluation.train_samples=24", "evaluation.validation_samples=16",
        "meta.threads=1", "data.num_workers=2",
      ], [2, 4, 6, 8, 5]
    ),
  ])
  func killedAtSeveralSteps(_ every: Int, _ settings: [String], _ kills: [Int]) throws {
    let place = try Workplace()
    let settings = settings + ["logging.checkpoint_steps=\(every)"]
    #expect(try place.train("whole", settings).status == 0)

    var killed = 0
    for (attempt, lines) in kills.enumerated() {
      var seen = 0
      let outcome = try place.train("cut", settings, attempt == 0 ? [] : ["--resume"]) { line in
        guard line.contains("  step ") else { return false }
        seen += 1
        return seen == lines
      }
      if outcome.status == -SIGKILL { killed += 1 }
    }
    #expect(killed >= 2, "the kills should meet the process before its end")
    // The configuration is the run's own where none is given.
    let last = try place.jepa("train", "--run", "cut", "--resume")
    #expect(last.status == 0, "\(last.errors)")

    let final = "checkpoints/step-00000024.safetensors"
    try expectSameBits(place.file("whole/" + final), place.file("cut/" + final))
    let (whole, cut) = (try place.rows(of: "whole"), try place.rows(of: "cut"))
    #expect(cut.compactMap { $0["loss"] == nil ? nil : $0["step"] } == (1...24).map(Double.init))
    #expect(reproducible(cut) == reproducible(whole))
    #expect(place.listing(of: "cut/checkpoints") == place.listing(of: "whole/checkpoints"))
  }

  /// The limit on file sizes ends the process in the middle of writing a checkpoint, which is larger
  /// than everything else that a run writes at once.
  @Test func killedWhileACheckpointIsWritten() throws {
    let place = try Workplace()
    let settings = ["logging.checkpoint_steps=3"]
    #expect(try place.train("whole", settings).status == 0)

    let first = try place.train("cut", settings, shell: "ulimit -f 16")
    #expect(first.status == -SIGXFSZ, "\(first.errors)")
    #expect(place.listing(of: "cut/checkpoints").allSatisfy { $0.hasSuffix(".partial") })
    #expect(!place.listing(of: "cut/checkpoints").isEmpty, "the write was cut short")

    var seen = 0
    let second = try place.train("cut", settings, ["--resume"]) { line in
      seen += line.contains("  step ") ? 1 : 0
      return seen == 5
    }
    #expect(second.status == -SIGKILL)
    let good = place.listing(of: "cut/checkpoints").filter { $0.hasPrefix("step-") }
    #expect(!good.isEmpty)

    let third = try place.train("cut", settings, ["--resume"], shell: "ulimit -f 16")
    #expect(third.status == -SIGXFSZ, "\(third.errors)")
    let names = place.listing(of: "cut/checkpoints")
    #expect(names.contains { $0.hasSuffix(".partial") })
    #expect(names.filter { $0.hasPrefix("step-") } == good, "earlier checkpoints are untouched")

    let last = try place.train("cut", settings, ["--resume"])
    #expect(last.status == 0, "\(last.errors)")
    let final = "checkpoints/step-00000024.safetensors"
    try expectSameBits(place.file("whole/" + final), place.file("cut/" + final))
    #expect(reproducible(try place.rows(of: "cut")) == reproducible(try place.rows(of: "whole")))
    #expect(place.listing(of: "cut/checkpoints") == place.listing(of: "whole/checkpoints"))
  }

  /// As on a full disk: the write fails, and the process says so.
  @Test func aCheckpointThatCannotBeWrittenIsARefusal() throws {
    let place = try Workplace()
    let outcome = try place.train(
      "run", ["logging.checkpoint_steps=3"], shell: "trap '' XFSZ; ulimit -f 16")
    #expect(outcome.status > 0)
    let line = outcome.errorLines.last ?? ""
    #expect(line.contains("step-00000003.safetensors") && line.contains("cannot be written"))
    #expect(place.listing(of: "run/checkpoints") == [])
  }

  @Test func aCompleteRunHasNothingLeftToDo() throws {
    let place = try Workplace()
    #expect(try place.train("run").status == 0)
    let before = try Data(contentsOf: place.file("run/metrics.csv"))
    let again = try place.jepa("train", "--run", "run", "--resume")
    #expect(again.status == 0)
    #expect(again.errors.contains("nothing is left to do"))
    #expect(try Data(contentsOf: place.file("run/metrics.csv")) == before)
  }

  @Test func placesMayChangeWithAResume() throws {
    let place = try Workplace()
    try place.writeImageFolder("images", splits: ["train"], count: 8)
    let settings = ["data.dataset=image-folder", "data.samples=null"]
    var seen = 0
    let first = try place.train(
      "run", settings + ["logging.checkpoint_steps=1"], ["--data", "images"]
    ) { line in
      seen += line.contains("  step ") ? 1 : 0
      return seen == 3
    }
    #expect(first.status == -SIGKILL)
    // The run remembers its data.
    #expect(
      try String(contentsOf: place.file("run/config.yaml"), encoding: .utf8).contains("images"))
    try FileManager.default.moveItem(at: place.file("images"), to: place.file("moved"))
    let lost = try place.jepa("train", "--run", "run", "--resume")
    #expect(lost.status > 0 && lost.errors.contains("images: no such folder"))
    let found = try place.jepa("train", "--run", "run", "--resume", "--data", "moved")
    #expect(found.status == 0, "\(found.errors)")
    #expect(try place.rows(of: "run").compactMap { $0["step"] } == (1...6).map(Double.init))
  }
}
