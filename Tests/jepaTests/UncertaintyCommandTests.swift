import Foundation
import JEPA
import JEPAEval
import Testing

/// `jepa eval --uncertainty`.
@Suite struct UncertaintyCommandTests {
  private static let mixture = [
    "optimization.epochs=1", "optimization.warmup=0", "head.name=mixture", "head.components=2",
    "target.helmert=true", "target.noise=0.1",
  ]

  @Test func densitiesOfARun() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.mixture).status == 0)
    try place.writeImageFolder("other", count: 4)
    func evaluate(_ name: String) throws -> Tool.Outcome {
      try place.jepa(
        "eval", "run", "--uncertainty", "--samples", "8", "--images", "20", "--ood", "other",
        "--json", name + ".json", "--scores", name + ".safetensors")
    }
    let outcome = try evaluate("a")
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first == "run: head mixture, step 8")
    #expect(lines.contains { $0.contains("of 20 images, 23 coordinates, noise 0.1, 8 draws") })

    let report = try JSONDecoder().decode(
      UncertaintyReport.self, from: Data(contentsOf: place.file("a.json")))
    #expect(
      report.run
        == RunDescription(
          folder: "run", head: "mixture", step: 8, epoch: 1, dataSet: "procedural"))
    #expect(report.images == 20 && report.samples == 8 && report.likelihood == .exact)
    #expect(report.metrics[.nllMinusGaussian] != nil && report.skill[.crps] != nil)
    #expect(report.separation?.images == 8)
    let rows = try RowScores(contentsOf: place.file("a.safetensors"))
    #expect(rows.count == report.rows && Set(rows.images).count == 20)

    // The same again, and nothing different from itself.
    #expect(try evaluate("b").status == 0)
    #expect(
      try Data(contentsOf: place.file("a.json")) == Data(contentsOf: place.file("b.json")))
    let paired = try place.jepa(
      "eval", "run", "--uncertainty", "--samples", "8", "--images", "20", "--against",
      "a.safetensors", "--scores", "c.csv")
    #expect(paired.status == 0)
    #expect(paired.output.contains("0.0000 [0.0000, 0.0000]"))
    #expect(!paired.output.contains("the targets differ"))
    #expect(try Data(contentsOf: place.file("c.csv")).starts(with: Data("image,nll,".utf8)))

    let few = try place.jepa("eval", "run", "--uncertainty", "--samples", "4", "--images", "2")
    #expect(few.status == 0)
    #expect(few.errors.contains("targets are too few for one over 23 coordinates"))
    #expect(few.errors.contains("raise --images"))
  }

  /// Without noise there is no Gaussian to compare with; the rest is there.
  @Test func pointsWithoutNoise() throws {
    let place = try Workplace()
    let short = ["optimization.epochs=1", "optimization.warmup=0"]
    #expect(try place.train("run", short).status == 0)
    let outcome = try place.jepa(
      "eval", "run", "--uncertainty", "--samples", "4", "--images", "16")
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("no Gaussian to compare with"))
    #expect(outcome.output.contains("CRPS") && !outcome.output.contains("Gaussian's"))
  }

  @Test func refusals() throws {
    let place = try Workplace()
    for (arguments, part) in [
      (["eval", "run", "--samples", "8"], "--samples is for densities; give --uncertainty"),
      (["eval", "run", "--uncertainty", "--floors"], "--floors is for features"),
      (["eval", "run", "--uncertainty", "--samples", "1"], "give a number of at least 2"),
      (["eval", "run", "--uncertainty"], "run: --uncertainty needs the folder of a run"),
      (["eval", "run", "--uncertainty", "--json", "no/x.json"], "there is no folder"),
    ] {
      let outcome = try Tool.run(arguments, in: place.url)
      #expect(outcome.status > 0 && outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
    }
  }
}
