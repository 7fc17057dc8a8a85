import Foundation
import JEPAData
import Testing

@testable import JEPACommandLine

@Suite struct ScenesCommandTests {
  private func truths(_ place: Workplace, _ folder: String) throws -> [SceneExport.Truth] {
    try String(contentsOf: place.file(folder + "/truth.jsonl"), encoding: .utf8)
      .split(separator: "\n")
      .map { try JSONDecoder().decode(SceneExport.Truth.self, from: Data($0.utf8)) }
  }

  @Test func exportsAnImageFolderWithTheTruth() throws {
    let place = try Workplace()
    let outcome = try place.jepa(
      "scenes", "--output", "flags", "--count", "150", "--validation-count", "120", "--seed", "7",
      "--completions")
    #expect(outcome.errors == "")
    #expect(outcome.output == "flags: 150 training and 120 validation images\n")
    #expect(place.listing().filter { $0.hasPrefix(".") } == [])

    let truths = try truths(place, "flags")
    #expect(truths.count == 270)
    for (split, part, count) in [(DatasetSplit.train, "train", 150), (.validation, "val", 120)] {
      let scenes = AmbiguousScenes(count: count, seed: 7, split: split)
      // What is written is read as an image folder with the same classes.
      let folder = try openDataset(at: place.file("flags").path, split: split)
      #expect(folder.count == count && folder.classNames == scenes.classNames.sorted())
      let lines = truths.filter { $0.file.hasPrefix(part + "/") }
      #expect(lines.map(\.index) == Array(0..<count))
      for line in lines {
        let scene = scenes.scene(at: line.index)
        #expect(line.class == scene.pole.name && line.file.hasPrefix("\(part)/\(line.class)/"))
        #expect(line.completions == scene.completions.map(\.description))
        #expect(line.probabilities == scene.probabilities && line.entropy == scene.entropy)
        #expect(line.drawn == scene.drawn && line.region.x == scene.region.x)
        #expect(line.region.y == scene.region.y && line.region.width == 24)
        #expect(line.renderings?.count == (split == .train ? nil : scene.completions.count))
        let image = try JPEGFile.decode(place.file("flags/" + line.file))
        #expect(meanDifference(image, scene.image) < 3)
        for (completion, file) in (line.renderings ?? []).enumerated() {
          let rendered = try JPEGFile.decode(place.file("flags/" + file))
          #expect(meanDifference(rendered, scene.image(completion: completion)) < 3)
        }
      }
    }
  }

  private func meanDifference(_ a: Image, _ b: Image) -> Double {
    guard a.width == b.width, a.height == b.height else { return .infinity }
    let sum = zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(a.pixels.count)
  }

  @Test func followsTheConfiguration() throws {
    let place = try Workplace()
    try place.makeFolder("empty")
    let outcome = try place.jepa(
      "scenes", "--config", "tiny.yaml", "--set", "data.dataset=ambiguous-scenes", "--set",
      "data.crop_size=32", "--set", "data.scene_modes=2", "--set", "data.scene_ambiguous=1",
      "--output", "empty/", "--validation-count", "20", "--picture", "flags.png")
    #expect(outcome.errors == "" && outcome.output.contains("64 training and 20 validation"))
    let truths = try truths(place, "empty")
    #expect(truths.count == 84 && truths.allSatisfy { $0.completions.count == 2 })
    #expect(truths.allSatisfy { $0.renderings == nil })
    let picture = try ImageFile.decode(place.file("flags.png"))
    #expect(picture.width > 3 * 192 && picture.height > 192)
  }

  /// Whatever goes wrong, folder and surroundings stay as they were.
  @Test func refusals() throws {
    let place = try Workplace()
    try place.write("mine", to: "full/notes.txt")
    try place.makeFolder("closed")
    let cases: [([String], String)] = [
      ([], "nothing to write; give --output DIR, --picture FILE or both"),
      (["--output", "full"], "--output full is not empty; name a folder that does not exist yet"),
      (["--output", "tiny.yaml"], "--output tiny.yaml is a file"),
      (["--output", "absent/flags"], "there is no folder"),
      (["--output", "flags", "--count", "0"], "--count 0: give a number of at least 1"),
      (["--output", "flags", "--quality", "101"], "--quality 101: give a number from 1 to 100"),
      (["--output", "flags", "--config", "tiny.yaml"], "tiny.yaml: data.dataset is procedural"),
      (["--output", "flags", "--set", "data.scene_modes=9"], "data.scene_modes is 9"),
      (["--picture", "absent/a.png"], "--picture absent/a.png: there is no folder"),
    ]
    let before = place.listing()
    for (arguments, part) in cases {
      let outcome = try Tool.run(["scenes"] + arguments, in: place.url)
      #expect(outcome.status > 0 && outcome.output == "", "\(arguments)")
      #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("jepa: "))
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
      #expect(place.listing() == before, "\(arguments) left something behind")
    }
    // A file that grows too large, as on a full disk.
    let outcome = try place.jepa(
      "scenes", "--output", "flags", "--count", "4000", shell: "trap '' XFSZ; ulimit -f 1")
    #expect(outcome.status > 0 && outcome.errors.contains("cannot write"))
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(place.listing() == before)
  }

  /// What a killed export left is cleared by the next one.
  @Test func clearsWhatAKilledExportLeft() throws {
    let place = try Workplace()
    try place.write("half", to: ".flags.partial/train/green-9/00001.jpg")
    let outcome = try place.jepa(
      "scenes", "--output", "flags", "--count", "3", "--validation-count", "3")
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(!place.listing().contains { $0.contains("green-9") || $0.contains("partial") })
  }

  @Test func trainsAndEvaluates() throws {
    let place = try Workplace()
    let scenes = [
      "data.dataset=ambiguous-scenes", "data.crop_size=32", "data.crop_scale=[1.0, 1.0]",
      "mask.region_probability=0.5", "optimization.epochs=1", "optimization.warmup=0",
    ]
    let training = try place.train("run", scenes)
    #expect(training.status == 0, "\(training.errors)")
    let evaluation = try place.jepa("eval", "run", "--probe", "knn")
    #expect(evaluation.status == 0 && evaluation.output.hasPrefix("encoder"))
    let refused = try place.jepa("eval", "run", "--data", "somewhere")
    #expect(refused.errors.contains("data.dataset is ambiguous-scenes, which reads no folder"))
  }
}
