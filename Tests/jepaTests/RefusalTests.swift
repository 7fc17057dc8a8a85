import Foundation
import JEPA
import JEPAData
import JEPATensor
import Testing

@testable import JEPACommandLine

/// Bad input ends with one line that names the thing and the way out, and leaves nothing behind.
@Suite struct RefusalTests {
  /// What is wrong, and what the line must say.
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let parts: [String]

    init(_ arguments: String, _ parts: String...) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.parts = parts
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private func expectRefusal(
    _ outcome: Tool.Outcome, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status > 0, sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("jepa: "), sourceLocation: sourceLocation)
    #expect(outcome.errors.hasSuffix("\n"), sourceLocation: sourceLocation)
    #expect(outcome.output == "", sourceLocation: sourceLocation)
    for part in parts {
      #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  private func expectRefusal(_ testCase: Case, in place: Workplace) throws {
    let before = place.listing()
    let outcome = try Tool.run(testCase.arguments, in: place.url)
    expectRefusal(outcome, testCase.parts)
    #expect(place.listing() == before, "something was left behind")
  }

  @Test(arguments: [
    Case("train", "--config", "--resume"),
    Case("train --frobnicate", "--frobnicate", "jepa train --help"),
    Case("frobnicate", "frobnicate", "jepa --help"),
    Case("train --config", "--config", "jepa train --help"),
    Case("train --config absent.yaml --run r", "absent.yaml", "No such file"),
    Case("train --config tiny.yaml", "no run folder", "--run", "logging.folder"),
    Case(
      "train --config tiny.yaml --run r --set optimization.learning_rate=1",
      "optimization.learning_rate is not a known key", "nearest valid one is optimization."),
    Case("train --config tiny.yaml --run r --set data.batchsize=1", "data.batch_size"),
    Case(
      "train --config tiny.yaml --run r --set optimization.lr=fast", "optimization.lr",
      "must be a number", "\"fast\""),
    Case("train --config tiny.yaml --run r --set data.batch_size=8.5", "data.batch_size"),
    Case("train --config tiny.yaml --run r --set nonsense", "nonsense", "section.key=value"),
    Case(
      "train --config tiny.yaml --run r --set data.crop_size=18", "mask.patch_size is 4",
      "data.crop_size 18", "use"),
    Case(
      "train --config tiny.yaml --run r --set mask.min_keep=17", "mask.min_keep is 17", "lower it"),
    Case(
      "train --config tiny.yaml --run r --set mask.pred_mask_scale=[0.9,1.0]",
      "mask.pred_mask_scale", "lower it"),
    Case("train --config tiny.yaml --run r --set head.name=oracle", "head.name", "point"),
    Case("train --config tiny.yaml --run r --set head.betta=1", "head.betta", "head.beta"),
    Case(
      "train --config tiny.yaml --run r --set data.batch_size=65", "data.batch_size is 65",
      "64 training images"),
    Case("train --config tiny.yaml --run r --data /", "--data /", "procedural"),
    Case(
      "train --config tiny.yaml --run r --data absent --set data.dataset=image-folder", "absent",
      "no such folder"),
    Case(
      "train --config tiny.yaml --run r --set data.dataset=tiny-imagenet", "data.root_path",
      "--data"),
    Case("train --config tiny.yaml --run r --set meta.load_checkpoint=true", "--resume"),
    Case("train --config tiny.yaml --run tiny.yaml/r", "tiny.yaml", "is a file"),
    Case("train --resume --run absent", "absent", "give --config FILE to start it"),
    Case("train --resume --run .", "no run is there", "check the path"),
    Case("train --resume --run tiny.yaml", "it is a file"),
    Case("masks --config tiny.yaml --output absent/m.png", "absent", "create it first"),
    Case("masks --config tiny.yaml --output m.png --count 0", "--count 0", "from 1 to 100"),
    Case("masks --config tiny.yaml", "--output", "jepa masks --help"),
    Case("eval absent", "absent", "no such run folder or encoder file"),
    Case("eval tiny.yaml --data .", "tiny.yaml", "not a safetensors file"),
    Case("eval . --probe knn,nearest", "--probe nearest", "knn, linear, attentive, rank"),
    Case("eval . --probe ,", "--probe"),
    Case("eval . --k 0", "--k 0"),
    Case("eval . --k many", "many", "--k", "jepa eval --help"),
    Case("eval . --layers 0", "--layers 0"),
    Case("eval . --layers concat", "--layers concat:", "concat4"),
    Case("eval . --temperature -1.5", "--temperature"),
    Case("eval . --precision float8", "float8", "bfloat16"),
    Case("eval . --json absent/figures.json", "absent", "create it first"),
    Case("encode --encoder tiny.yaml --images . --output o.safetensors", ".: no images"),
    Case(
      "encode --encoder tiny.yaml --images tiny.yaml --output o.safetensors",
      "not a safetensors file"),
    Case(
      "encode --encoder tiny.yaml --images absent --output o.safetensors", "--images absent",
      "no such folder or file"),
    Case(
      "encode --encoder tiny.yaml --images tiny.yaml --output o.safetensors --std 1,0,1",
      "--std 1,0,1", "above 0"),
    Case(
      "encode --encoder tiny.yaml --images tiny.yaml --output o.safetensors --mean 1,x,1,1",
      "--mean 1,x,1,1", "three numbers"),
    Case("bench training --model vit_nano", "vit_nano", "vit_tiny"),
    Case("bench training --batch 0", "--batch 0"),
    Case("bench training --size 30", "--size 30", "--patch 8", "use 24"),
  ])
  func arguments(_ testCase: Case) throws { try expectRefusal(testCase, in: Workplace()) }

  @Test func configurationFiles() throws {
    for (text, parts) in [
      ("data:\n  batch_sise: 3\n", ["c.yaml:2: data.batch_sise", "data.batch_size"]),
      ("date:\n  batch_size: 3\n", ["c.yaml", "date", "data"]),
      ("data:\n  batch_size: [3]\n", ["c.yaml:2: data.batch_size must be an integer"]),
      ("data: [\n", ["c.yaml"]),
      ("- 3\n", ["c.yaml"]),
    ] {
      let place = try Workplace()
      try place.write(text, to: "c.yaml")
      let outcome = try place.jepa("train", "--config", "c.yaml", "--run", "r")
      expectRefusal(outcome, parts)
      #expect(place.listing() == ["c.yaml", "tiny.yaml"])
    }
  }

  @Test func dataSets() throws {
    let place = try Workplace()
    try place.writeTinyImageNet("tiny", count: 8)
    try place.write("val_9.JPEG\tn01\t0\t0\t1\t1\n", to: "tiny/val/val_annotations.txt")
    try place.writeImageFolder("empty", count: 4)
    try place.makeFolder("empty/train/class0a")
    try place.writeImageFolder("halved", splits: ["train"], count: 4)
    try place.makeFolder("nothing")
    for (folder, parts) in [
      ("tiny", ["val_annotations.txt:1: image", "val_9.JPEG does not exist", "remove the line"]),
      ("empty", ["class0a", "has no images"]),
      ("halved", ["halved/val", "no such folder"]),
      ("nothing", ["nothing", "looked for"]),
    ] {
      let before = place.listing()
      let settings = [
        "data.dataset=image-folder", "data.samples=null", "data.batch_size=4", "evaluation.every=1",
      ]
      expectRefusal(try place.train("run", settings, ["--data", folder]), parts)
      #expect(place.listing() == before)
    }
  }

  /// Refusals that need a run.
  @Test func runs() throws {
    let place = try Workplace()
    #expect(try place.train("run", ["optimization.epochs=1", "optimization.warmup=0"]).status == 0)
    let settings = "--set optimization.epochs=1 --set optimization.warmup=0"
    for testCase in [
      Case("train --config tiny.yaml --run run \(settings)", "run", "--resume", "another folder"),
      Case(
        "train --resume --config tiny.yaml --run run \(settings) --set optimization.lr=0.5",
        "optimization.lr was 0.001 and is now 0.5", "start another run"),
      Case(
        "train --resume --config tiny.yaml --run run \(settings) --set head.beta=2",
        "head.beta was absent and is now 2"),
      Case("train --resume --run run --set optimization.lr=0.5", "--set", "start another run"),
      Case("eval run --layers 2", "--layers 2", "1 block"),
      Case("eval run --classes 2", "--classes"),
      Case("eval run --data /", "--data /", "procedural"),
      Case("eval run --heads 5", "5", "heads"),
      Case("eval run --heads 0", "heads"),
      Case("eval run/metrics.csv", "metrics.csv"),
    ] { try expectRefusal(testCase, in: place) }

    // A checkpoint of another shape, and one cut short.
    let stored = try String(contentsOf: place.file("run/config.yaml"), encoding: .utf8)
    try place.write(
      stored.replacing("embed_dim: 24", with: "embed_dim: 36"), to: "run/config.yaml")
    expectRefusal(
      try place.jepa("train", "--resume", "--run", "run"), ["config.yaml", "checksum differs"])
    let unmarked = stored.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(
      separator: "\n")
    try place.write(
      unmarked.replacing("embed_dim: 24", with: "embed_dim: 36"), to: "run/config.yaml")
    expectRefusal(
      try place.jepa("train", "--resume", "--run", "run"),
      ["step-00000008.safetensors", "36", "24"])
    try place.write(stored, to: "run/config.yaml")
    let newest = place.checkpoints(of: "run").last ?? ""
    let bytes = try Data(contentsOf: place.file(newest))
    try place.write(bytes.prefix(bytes.count / 2), to: newest)
    for command in [["train", "--resume", "--run", "run"], ["eval", "run"]] {
      expectRefusal(
        try Tool.run(command, in: place.url), ["step-00000008.safetensors", "truncated"])
    }
    try FileManager.default.removeItem(at: place.file(newest))
    expectRefusal(try place.jepa("eval", "run"), ["no checkpoint yet", "--resume"])
  }

  @Test func encoderFiles() throws {
    let place = try Workplace()
    #expect(try place.train("run", ["optimization.epochs=1", "optimization.warmup=0"]).status == 0)
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    try place.write(JPEGFile.encode(Workplace.image(1)), to: "images/a.jpg")
    try place.write("no image", to: "text.jpg")
    try Safetensors.write(
      tensors: [("weight", Tensor.zeros([2, 2]))], to: place.file("other.safetensors"))
    let good = try Data(contentsOf: place.file("encoder.safetensors"))
    try place.write(
      Data([255, 0, 0, 0, 0, 0, 0, 127]) + good.dropFirst(8), to: "lying.safetensors")
    try place.write(
      Data(String(decoding: good, as: UTF8.self).utf8.prefix(9)), to: "short.safetensors")
    // A header whose offsets reach behind the end.
    let header = #"{"a":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}}"#
    var length = UInt64(header.utf8.count).littleEndian
    try place.write(
      withUnsafeBytes(of: &length) { Data($0) } + Data(header.utf8), to: "hollow.safetensors")

    for testCase in [
      Case("--encoder encoder.safetensors --images images --image-size 3", "3", "patch size 4"),
      Case("--encoder encoder.safetensors --images images --image-size 0", "image size 0"),
      Case("--encoder encoder.safetensors --images images --heads 7", "24", "7", "--heads"),
      Case("--encoder encoder.safetensors --images images --heads 0", "heads"),
      Case("--encoder other.safetensors --images images", "other.safetensors", "no encoder"),
      Case("--encoder lying.safetensors --images images", "lying.safetensors", "claims a header"),
      Case("--encoder short.safetensors --images images", "short.safetensors"),
      Case("--encoder hollow.safetensors --images images", "hollow.safetensors", "\"a\""),
      Case("--encoder absent.safetensors --images images", "absent.safetensors"),
      Case("--encoder encoder.safetensors --images images text.jpg", "text.jpg", "not a JPEG"),
      Case("--encoder encoder.safetensors --images images --precision half", "half", "float32"),
    ] {
      let whole = Case("encode \(testCase.testDescription) --output o.safetensors")
      let before = place.listing()
      expectRefusal(try Tool.run(whole.arguments, in: place.url), testCase.parts)
      #expect(place.listing() == before, "\(testCase): something was left behind")
    }
    try expectRefusal(Case("eval encoder.safetensors", "give --data DIR"), in: place)
    try place.writeImageFolder("folder", count: 4)
    try expectRefusal(
      Case("eval encoder.safetensors --data folder --classes 3", "--classes 3", "at most 2"),
      in: place)
  }

  @Test func lossThatIsNotFinite() throws {
    let place = try Workplace()
    let outcome = try place.train(
      "run",
      ["optimization.lr=1e30", "optimization.start_lr=1e30", "logging.checkpoint_steps=1"])
    #expect(outcome.status > 0)
    let line = outcome.errorLines.last ?? ""
    #expect(line.hasPrefix("jepa: training stopped at step "), "\(line)")
    #expect(line.contains("not finite") && line.contains("optimization.lr"))
    #expect(line.contains("the loss") || line.contains("the gradient of"))
    // The last good step is the one before, whose checkpoint loads and comes to the same end.
    let steps = try place.rows(of: "run").compactMap { $0["step"] }
    #expect(line.contains("at step \(steps.count + 1):"))
    let checkpoints = place.checkpoints(of: "run")
    let before = try checkpoints.map { try Data(contentsOf: place.file($0)) }
    #expect(!checkpoints.isEmpty)
    let again = try place.jepa("train", "--run", "run", "--resume")
    #expect(again.status > 0 && again.errorLines.last == line)
    #expect(try checkpoints.map { try Data(contentsOf: place.file($0)) } == before)
  }

  @Test func errorsBecomeOneLine() {
    let error = CommandError("a\n  b")
    #expect(JEPACommand.line(for: error, arguments: ["jepa", "train"]) == "jepa: a b")
  }
}
