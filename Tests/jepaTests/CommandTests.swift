import Foundation
import JEPA
import JEPAData
import JEPAEval
import JEPATensor
import Testing

/// What the commands do when all is well.
@Suite struct CommandTests {
  private static let short = ["optimization.epochs=1", "optimization.warmup=0"]

  @Test func trainFillsTheRunFolder() throws {
    let place = try Workplace()
    let outcome = try place.train(
      "runs/a",
      Self.short + [
        "evaluation.every=1", "evaluation.train_samples=24", "evaluation.validation_samples=16",
      ])
    #expect(outcome.status == 0 && outcome.output == "")
    let names = place.listing(of: "runs/a")
    #expect(names.contains("config.yaml") && names.contains("metrics.csv"))
    #expect(names.contains("checkpoints/step-00000008.safetensors"))
    #expect(names.contains { $0.hasPrefix("events.out.tfevents.") })
    #expect(!names.contains { $0.contains("partial") })

    // Plain lines: nothing redraws itself where no terminal is.
    #expect(!outcome.errors.contains("\r") && !outcome.errors.contains("\u{1B}"))
    let lines = outcome.errorLines
    #expect(
      lines[0].hasPrefix(
        "runs/a: 10980 parameters, head point, 64 images of 12 classes, 8 steps an epoch"))
    #expect(lines[1].hasPrefix("epoch 0: kNN "))
    #expect(lines.filter { $0.hasPrefix("epoch 1/1  step ") }.count == 8)
    #expect(lines.contains { $0.contains("step 8/8  100 %") && $0.contains("done") })
    #expect(lines.last?.hasPrefix("epoch 1: kNN ") ?? false)

    // The configuration in the folder is the one that was run.
    let stored = try TrainingConfiguration(contentsOf: place.file("runs/a/config.yaml").path)
    #expect(stored.optimization.epochs == 1 && stored.data.samples == 64)
    let evaluations = try place.rows(of: "runs/a").filter { $0["knn_top1"] != nil }
    #expect(evaluations.compactMap { $0["step"] } == [0, 8])
  }

  @Test func trainingIsAFunctionOfTheConfiguration() throws {
    let place = try Workplace()
    for run in ["a", "b"] { #expect(try place.train(run, Self.short).status == 0) }
    let other = try place.train("c", Self.short + ["meta.seed=1"])
    #expect(other.status == 0)
    let bytes = try ["a", "b", "c"].map {
      try Data(contentsOf: place.file("\($0)/checkpoints/step-00000008.safetensors"))
    }
    #expect(bytes[0] == bytes[1])
    #expect(bytes[0] != bytes[2])
  }

  /// Every key and every option of the head, as a file that means the same; nothing is trained.
  @Test func trainPrintsItsConfiguration() throws {
    let place = try Workplace()
    let settings = ["--set", "head.name=flow", "--set", "optimization.lr=0.0125"]
    let printed = try Tool.run(
      ["train", "--config", "tiny.yaml", "--print-config"] + settings, in: place.url)
    #expect(printed.status == 0 && printed.output.contains("  couplings: "))
    #expect(printed.output.contains("  lr: 0.0125"))
    try Data(printed.output.utf8).write(to: place.url.appending(path: "whole.yaml"))
    let again = try Tool.run(
      ["train", "--config", "whole.yaml", "--print-config"], in: place.url)
    #expect(again.output == printed.output)
    #expect(!FileManager.default.fileExists(atPath: place.file("run").path))
  }

  @Test func evalOfARun() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    let outcome = try place.jepa("eval", "run", "--floors", "--json", "figures.json")
    #expect(outcome.status == 0 && outcome.errors == "")
    let file = try JSONDecoder().decode(
      EvaluationFile.self, from: Data(contentsOf: place.file("figures.json")))
    #expect(
      file.run
        == RunDescription(folder: "run", head: "point", step: 8, epoch: 1, dataSet: "procedural"))
    let reports = file.reports
    #expect(reports.keys.sorted() == ["16x16_pixels", "encoder", "random_encoder"])
    for (name, report) in reports {
      let knn = try #require(report.knn)
      #expect(knn.trainCount == 64 && knn.queryCount == 1000 && 0...1 ~= knn.top1)
      #expect(knn.top1 <= knn.top5)
      #expect(0...1 ~= (report.linear?.top1 ?? -1))
      let rank = try #require(report.rank)
      #expect(rank.rankMe >= 1 && rank.rankMe <= Double(rank.dimensions), "\(name)")
    }
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3)
    for (line, name) in zip(lines, ["encoder", "random encoder", "16×16 pixels"]) {
      #expect(line.hasPrefix(name))
      for part in ["kNN ", "linear ", "RankMe ", "effective rank ", "std "] {
        #expect(line.contains(part))
      }
    }
  }

  @Test func evalOfSomeProbes() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    // Another process may be writing it.
    try place.write("half", to: "run/checkpoints/.step-00000016.safetensors.1-1.partial")
    let before = place.listing(of: "run")
    let outcome = try place.jepa(
      "eval", "run", "--probe", "rank", "--json", "rank.json", "--encoder", "context")
    #expect(outcome.status == 0)
    #expect(place.listing(of: "run") == before)
    #expect(outcome.output.contains("RankMe") && !outcome.output.contains("kNN"))
    let reports = try JSONDecoder().decode(
      [String: EvaluationReport].self, from: Data(contentsOf: place.file("rank.json")))
    #expect(reports["encoder"]?.knn == nil && reports["encoder"]?.linear == nil)
    #expect(reports["encoder"]?.rank?.count == 1000)
  }

  /// Both encoders, one and two blocks, few labels and the attentive probe, with floors of the first.
  @Test func evalOfSeveralViews() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short + ["meta.depth=2"]).status == 0)
    let outcome = try place.jepa(
      "eval", "run", "--probe", "knn,attentive", "--encoder", "context,target", "--layers",
      "last,last2,concat2", "--labels", "0.1,0.5", "--floors", "--json", "figures.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reports = try JSONDecoder().decode(
      EvaluationFile.self, from: Data(contentsOf: place.file("figures.json"))
    ).reports
    #expect(
      reports.keys.sorted() == [
        "16x16_pixels", "context_concat2", "context_last2", "encoder", "random_encoder",
        "target_concat2", "target_last", "target_last2",
      ])
    let views = [
      "encoder", "context_last2", "context_concat2", "target_last", "target_last2",
      "target_concat2",
    ].map { name in
      (reports[name]?.part ?? "") + "\(reports[name]?.layers ?? 0) "
        + (reports[name]?.joining?.rawValue ?? "")
    }
    #expect(
      views == [
        "context1 mean", "context2 mean", "context2 concatenation", "target1 mean", "target2 mean",
        "target2 concatenation",
      ])
    #expect(reports["target_concat2"]?.fewLabels != reports["target_last2"]?.fewLabels)
    for (name, report) in reports {
      #expect(report.knn != nil && report.linear == nil && report.rank == nil)
      let few = try #require(report.fewLabels)
      #expect(few.map(\.fraction) == [0.1, 0.5])
      #expect(few[0].linear.trainCount < few[1].linear.trainCount)
      // Pixels have no tokens to attend to.
      #expect(report.attentive?.trainCount == (name == "16x16_pixels" ? nil : 64))
    }
    #expect(outcome.output.contains("linear on 10 % of labels"))
  }

  @Test func evalOfAnEncoderFile() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    try place.writeImageFolder("images", count: 12)
    let outcome = try place.jepa(
      "eval", "encoder.safetensors", "--data", "images", "--json", "figures.json", "--k", "5")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reports = try JSONDecoder().decode(
      [String: EvaluationReport].self, from: Data(contentsOf: place.file("figures.json")))
    #expect(reports["encoder"]?.knn?.k == 5)
    // Training and validation images are the same here.
    #expect(reports["encoder"]?.knn?.trainCount == 24)
    #expect(reports["encoder"]?.knn?.queryCount == 24)
    let fewer = try place.jepa(
      "eval", "encoder.safetensors", "--data", "images", "--classes", "1", "--probe", "knn")
    #expect(fewer.output.contains("kNN 100.00 %"), "\(fewer.output)")
  }

  @Test func encodeWritesSortedFeatures() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    for (index, name) in ["b.jpg", "sub/c.JPG", "a.png", "d.txt"].enumerated() {
      let image = Workplace.image(index, width: 16 + index, height: 20)
      let data = try name.hasSuffix("png") ? PNGFile.encode(image) : JPEGFile.encode(image)
      try place.write(data, to: "images/" + name)
    }
    try place.write(JPEGFile.encode(Workplace.image(9)), to: "Z.jpg")
    let checkpoint = "run/checkpoints/step-00000008.safetensors"
    let outcome = try place.jepa(
      "encode", "--encoder", checkpoint, "--images", "images/", "Z.jpg", "--output",
      "features.safetensors")
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    #expect(outcome.output == "features.safetensors: tokens [4, 16, 24], pooled [4, 24]\n")
    let file = try SafetensorsFile(place.file("features.safetensors"))
    #expect(file.metadata["files"] == #"["Z.jpg","a.png","b.jpg","sub/c.JPG"]"#)
    #expect(file.names.sorted() == ["pooled", "tokens"])
    let tokens = try file.tensor(named: "tokens")
    let pooled = try file.tensor(named: "pooled")
    #expect(tokens.shape == [4, 16, 24] && tokens.dtype == .float32)
    #expect(pooled.shape == [4, 24] && pooled.dtype == .float32)
    for (mean, value) in zip(tokens.mean(axis: 1).floats(), pooled.floats()) {
      #expect(abs(mean - value) < 1e-6 && value.isFinite)
    }

    // The same bytes from the encoder alone, from single files in any order, and again.
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    let again = try place.jepa(
      "encode", "--encoder", "encoder.safetensors", "--heads", "3", "--images", "Z.jpg", "images",
      "--output", "again.safetensors")
    #expect(again.status == 0, "\(again.errors)")
    #expect(
      try Data(contentsOf: place.file("again.safetensors"))
        == Data(contentsOf: place.file("features.safetensors")))
    let single = try place.jepa(
      "encode", "--encoder", checkpoint, "--images", "images/b.jpg", "--output", "b.safetensors")
    #expect(single.status == 0)
    let row = try SafetensorsFile(place.file("b.safetensors"))
    #expect(row.metadata["files"] == #"["b.jpg"]"#)
    #expect(try row.tensor(named: "pooled").floats() == Array(pooled.floats()[48..<72]))
  }

  @Test func encodeAtAnotherSizeAndPrecision() throws {
    let place = try Workplace()
    #expect(try place.train("run", Self.short).status == 0)
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    try place.write(JPEGFile.encode(Workplace.image(1)), to: "a.jpg")
    for (options, patches) in [
      (["--image-size", "24"], 36), (["--precision", "bfloat16"], 16),
      (["--mean", "0.5,0.5,0.5", "--std", "0.5, 0.5, 0.5"], 16),
    ] {
      let outcome = try Tool.run(
        ["encode", "--encoder", "encoder.safetensors", "--images", "a.jpg", "--output", "o"]
          + options, in: place.url)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try SafetensorsFile(place.file("o")).shape(of: "tokens") == [1, patches, 24])
    }
  }

  @Test func masksDrawsAPicture() throws {
    let place = try Workplace()
    let outcome = try place.jepa(
      "masks", "--config", "tiny.yaml", "--output", "masks.png", "--count", "3")
    #expect(outcome.status == 0 && outcome.errors == "")
    let image = try PNGFile.decode(place.file("masks.png"))
    // Three rows of: image, context, four targets, each enlarged from 16 to 192 pixels.
    #expect(image.width == 6 * 202 + 10)
    #expect(image.height > 3 * 202 && image.height < 3 * 202 + 60)
    #expect(outcome.output == "masks.png: 3 images, \(image.width)×\(image.height) pixels\n")
    let first = try Data(contentsOf: place.file("masks.png"))
    _ = try place.jepa("masks", "--config", "tiny.yaml", "--output", "masks.png", "--count", "3")
    #expect(try Data(contentsOf: place.file("masks.png")) == first)
  }

  @Test(arguments: [
    (["--help"], ["train", "eval", "encode", "masks", "bench"]),
    (["train", "--help"], ["--config", "--data", "--run", "--resume", "--set"]),
    (
      ["eval", "--help"],
      ["--data", "--probe", "--json", "--encoder", "--layers", "--labels", "--floors"]
    ),
    (
      ["encode", "--help"],
      ["--encoder", "--heads", "--image-size", "--images", "--output", "--precision", "--mean"]
    ),
    (["masks", "--help"], ["--config", "--data", "--output", "--count", "--set"]),
    (["help", "train"], ["--config"]),
    ([], ["train"]),
  ])
  func help(_ arguments: [String], _ names: [String]) throws {
    let outcome = try Tool.run(arguments, in: FileManager.default.temporaryDirectory)
    #expect(outcome.status == 0 && outcome.errors == "")
    for name in names { #expect(outcome.output.contains(name), "\(name)") }
  }
}
