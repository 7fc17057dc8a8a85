import Foundation
import JEPA
import JEPAEval
import Testing

/// `jepa compare` and `jepa ablate`.
@Suite(.serialized) struct CompareCommandTests {
  private static let short = [
    "optimization.epochs=1", "optimization.warmup=0", "target.helmert=true", "target.noise=0.1",
  ]

  private func compare(
    _ place: Workplace, _ command: String, _ arguments: [String], sets: [String] = short,
    folder: String = "cmp", signals: [Int32] = [SIGKILL],
    onErrorLine: (String) -> Bool = { _ in false }
  ) throws -> Tool.Outcome {
    try Tool.run(
      [command, "--config", "tiny.yaml", "--run", folder, "--samples", "4", "--images", "8"]
        + arguments + sets.flatMap { ["--set", $0] },
      in: place.url, signals: signals, onErrorLine: onErrorLine)
  }

  private struct Record: Decodable {
    struct Entry: Decodable {
      let name: String
      let overrides: [String]
      let also: [String]?
      let seed: Int
      let folder: String
      let state: String
    }
    let kind: String
    let config: String
    let variants: [Entry]
  }

  private let checkpoint = "/checkpoints/step-00000008.safetensors"

  @Test func headsAlike() throws {
    let place = try Workplace()
    let heads = ["--heads", "point,mixture components=2"]
    let outcome = try compare(place, "compare", heads)
    #expect(outcome.status == 0, "\(outcome.errors)")

    let record = try place.decoded(Record.self, "cmp/comparison.json")
    #expect(record.kind == "compare" && record.config == "tiny.yaml")
    #expect(record.variants.map(\.name) == ["point", "mixture components=2"])
    #expect(record.variants.map(\.folder) == ["point", "mixture-components=2"])
    #expect(record.variants.allSatisfy { $0.state == "done" && $0.seed == 0 })
    // The file's head has a loss per coordinate, the mixture's is of all 23.
    #expect(record.variants[0].overrides == ["head.name=point", "meta.seed=0"])
    #expect(
      record.variants[1].overrides.last == "optimization.loss_weight=\(1.0 / 23)")

    // What jepa train makes of the same settings.
    let mixture = record.variants[1]
    #expect(try place.train("alone", Self.short + mixture.overrides).status == 0)
    #expect(
      try Data(contentsOf: place.file("alone" + checkpoint))
        == Data(contentsOf: place.file("cmp/" + mixture.folder + checkpoint)))

    for entry in record.variants {
      let features = try place.decoded(EvaluationFile.self, "cmp/\(entry.folder)/evaluation.json")
      #expect(features.run?.step == 8 && features.run?.epoch == 1)
      #expect(
        features.reports.keys.sorted() == ["16x16_pixels", "encoder", "random_encoder"])
      let report = try place.decoded(UncertaintyReport.self, "cmp/\(entry.folder)/uncertainty.json")
      #expect(report.run?.head == entry.name.split(separator: " ").first.map(String.init))
      #expect(report.samples == 4 && report.images == 8)
      let cost = try place.decoded(CostFigures.self, "cmp/\(entry.folder)/cost.json")
      #expect(cost.imagesSeen == 64 && cost.threads == 2 && cost.parameters > 0)
      #expect(cost.peakMemoryBytes.map { $0 > 0 } ?? true)
      let rows = try RowScores(contentsOf: place.file("cmp/\(entry.folder)/scores.safetensors"))
      #expect(rows.count == report.rows)
    }
    let table = try place.decoded(ComparisonTable.self, "cmp/table.json")
    #expect(
      table.rows.map(\.name) == [
        "point", "mixture components=2", "random encoder", "16×16 pixels",
      ])
    #expect(table.rows[0].values["knn"] != nil && table.rows[3].values["knn"] != nil)
    #expect(table.rows[3].values["parameters"] == nil)
    #expect(table.columns.contains { $0.key == "nll_minus_gaussian" && $0.better == .low })
    #expect(
      try outcome.output.hasSuffix(String(contentsOf: place.file("cmp/table.md"), encoding: .utf8)))

    // Again: nothing is left to do, and nothing is touched. A head more is one head's work.
    func files() throws -> [String: Data] {
      try place.listing(of: "cmp").filter { $0.contains(".") && $0.contains("/") }
        .reduce(into: [:]) {
          guard !place.isFolder("cmp/" + $1) else { return }
          $0[$1] = try Data(contentsOf: place.file("cmp/" + $1))
        }
    }
    let before = try files()
    let again = try compare(place, "compare", heads)
    #expect(again.status == 0 && again.errors == "")
    #expect(try files() == before)
    let more = try compare(place, "compare", ["--heads", heads[1] + ",flow couplings=1"])
    #expect(more.status == 0 && !more.errors.contains("cmp/point: "), "\(more.errors)")
    #expect(try files().filter { before[$0.key] != nil } == before)

    for (arguments, sets, parts) in [
      (heads, Self.short + ["optimization.lr=0.5"], ["other settings", "optimization.lr was"]),
      (["--heads", "point"], Self.short, ["it has mixture components=2 with seed 0"]),
      (heads + ["--labels", "0.1"], Self.short, ["--labels was [] and is now [0.1]"]),
    ] {
      let refused = try compare(place, "compare", arguments, sets: sets)
      #expect(refused.status > 0 && refused.errorLines.count == 1)
      for part in parts { #expect(refused.errors.contains(part), "\(refused.errors)") }
    }
    #expect(try files().filter { before[$0.key] != nil } == before)
  }

  /// Killed during a model's training, a comparison ends with the bits of one left alone.
  @Test func goesOnWhereItStopped() throws {
    let place = try Workplace()
    let sets = Self.short + ["logging.checkpoint_steps=2"]
    let heads = ["--heads", "point,mixture"]
    #expect(try compare(place, "compare", heads, sets: sets, folder: "whole").status == 0)
    for lines in [13, 3] {
      var seen = 0
      let killed = try compare(place, "compare", heads, sets: sets) { line in
        seen += line.contains("  step ") ? 1 : 0
        return seen == lines
      }
      #expect(killed.status == -SIGKILL)
    }
    let states = try place.decoded(Record.self, "cmp/comparison.json").variants.map(\.state)
    #expect(states == ["done", "pending"])
    let last = try compare(place, "compare", heads, sets: sets)
    #expect(last.status == 0, "\(last.errors)")
    for head in ["point", "mixture"] {
      for name in [checkpoint, "/uncertainty.json", "/scores.safetensors"] {
        let (a, b) = ("whole/" + head + name, "cmp/" + head + name)
        let isReport = name.hasSuffix(".json")
        if isReport {
          let (left, right) = try (
            place.decoded(UncertaintyReport.self, a), place.decoded(UncertaintyReport.self, b)
          )
          #expect(left.metrics == right.metrics)
        } else {
          #expect(
            try Data(contentsOf: place.file(a)) == Data(contentsOf: place.file(b)), "\(head)\(name)"
          )
        }
      }
    }
  }

  /// Between two trainings nobody would ask whether a signal has come.
  @Test func signalsEndTheComparison() throws {
    let place = try Workplace()
    let heads = ["--heads", "point,mixture"]
    let stopped = try compare(place, "compare", heads, signals: [SIGTERM]) { $0.contains("  done") }
    #expect([75, -SIGTERM].contains(stopped.status), "\(stopped.errors)")
    #expect(place.checkpoints(of: "cmp/mixture").isEmpty)
    // In the middle of the second training.
    let second = try compare(place, "compare", heads, signals: [SIGTERM]) {
      $0.contains("  step ")
    }
    #expect(second.status == 75)
    #expect(second.errors.hasSuffix("which is saved; continue with the same command\n"))
    #expect(try compare(place, "compare", heads).status == 0)
  }

  @Test func sweepsAndSeedsOnKnownTruth() throws {
    let place = try Workplace()
    let scenes = [
      "data.dataset=ambiguous-scenes", "data.crop_size=32", "data.crop_scale=[1.0, 1.0]",
      "data.samples=32", "mask.region_probability=0.5", "head.name=mixture",
    ]
    let outcome = try compare(
      place, "ablate",
      [
        "--sweep", "head.components=1,2", "--sweep", "target.noise=0.1,0.2", "--seeds", "0,1",
        "--probe", "knn",
      ], sets: Self.short + scenes + ["head.components=1"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    // One component and noise 0.1 are the base.
    #expect(
      outcome.errors.contains("target.noise=0.1-seed1 is the same model as components=1-seed1"))
    let record = try place.decoded(Record.self, "cmp/comparison.json")
    #expect(record.kind == "ablate")
    #expect(
      record.variants.map(\.folder) == [
        "components=1-seed0", "components=1-seed1", "components=2-seed0", "components=2-seed1",
        "target.noise=0.2-seed0", "target.noise=0.2-seed1",
      ])
    let table = try place.decoded(ComparisonTable.self, "cmp/table.json")
    let keys = Set(table.columns.map(\.key))
    #expect(
      keys.isSuperset(of: [
        "knn", "mode_recall", "mode_precision", "mode_total_variation", "nll_minus_true",
      ]))
    #expect(!keys.contains("linear") && !keys.contains("rankme"))
    let row = try #require(table.rows.first { $0.name == "components=2" })
    #expect(row.seeds == [0, 1])
    let recall = try #require(row.values["mode_recall"])
    #expect(recall.count == 2 && recall.deviation != nil && 0...1 ~= recall.mean)
    let report = try place.decoded(
      UncertaintyReport.self, "cmp/components=2-seed1/uncertainty.json")
    #expect(report.rows == 8 * 9 && report.modes != nil)
    #expect(report.metrics[.trueModePrecision] != nil)
  }

  /// Options that only draws depend on need no training of their own.
  @Test func whatIsOnlyReadIsTrainedOnce() throws {
    let place = try Workplace()
    let sweeps = [
      "--sweep", "head.sampling_steps=2,4", "--sweep", "head.timesteps=20", "--probe", "rank",
    ]
    let sets = Self.short + ["head.name=diffusion", "head.sampling_steps=4", "head.timesteps=20"]
    let outcome = try compare(place, "ablate", sweeps, sets: sets)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "cmp/sampling_steps=4: trained as cmp/sampling_steps=2 is, whose checkpoint it takes"))
    // What two sweeps have in common is one model, and known as of both.
    let record = try place.decoded(Record.self, "cmp/comparison.json")
    #expect(record.variants.map(\.also) == [nil, ["head.timesteps=20"]])
    let names = ["sampling_steps=2", "sampling_steps=4"]
    let checkpoints = try names.map {
      try Data(contentsOf: place.file("cmp/" + $0 + checkpoint))
    }
    #expect(checkpoints[0] == checkpoints[1])
    let reports = try names.map {
      try place.decoded(UncertaintyReport.self, "cmp/" + $0 + "/uncertainty.json")
    }
    #expect(reports[0].metrics[.squaredError] != reports[1].metrics[.squaredError])
    #expect(
      try String(contentsOf: place.file("cmp/sampling_steps=4/config.yaml"), encoding: .utf8)
        .contains("sampling_steps: 4"))
    let costs = try names.map { try place.decoded(CostFigures.self, "cmp/" + $0 + "/cost.json") }
    #expect(costs[0].imagesPerSecond == costs[1].imagesPerSecond && costs[1].likelihoodIsEstimate)
    // And a second call has nothing to do.
    let again = try compare(place, "ablate", sweeps, sets: sets)
    #expect(again.status == 0)
    #expect(
      again.errors
        == "timesteps=20 is the same model as sampling_steps=4, which stands for both\n")
  }

  @Test func refusals() throws {
    let place = try Workplace()
    for (command, arguments, part) in [
      ("compare", ["--heads", "oracle"], "head.name is \"oracle\""),
      ("compare", ["--heads", "mixture couplings=2"], "head.couplings is not an option"),
      ("compare", ["--heads", "mixture 3"], "give an option as key=value"),
      ("compare", ["--heads", ","], "--heads names no head"),
      ("compare", ["--seeds", "0,0"], "none twice"),
      ("compare", ["--seeds", "a"], "--seeds a"),
      ("compare", ["--samples", "1"], "--samples 1"),
      ("ablate", ["--sweep", "components=1"], "give section.key=v1,v2"),
      ("ablate", ["--sweep", "head.beta="], "has no values"),
      ("ablate", ["--sweep", "optimization.lr=fast"], "optimization.lr"),
      ("ablate", ["--sweep", "data.samples=8,4"], "data.batch_size is 8"),
      ("ablate", ["--sweep", "meta.seed=0,1"], "give seeds by --seeds"),
      ("ablate", ["--sweep", "head.beta=1,2", "--layers", "last,last4"], "has 1 block"),
    ] {
      let outcome = try Tool.run(
        [command, "--config", "tiny.yaml", "--run", "cmp"] + arguments, in: place.url)
      #expect(outcome.status > 0 && outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
      #expect(place.listing(of: "cmp") == [], "\(arguments)")
    }
  }
}
