import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

struct ScenesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenes",
    abstract: "Writes ambiguous scenes, whose true distribution is known, as files.",
    discussion: """
      --output makes an image folder, train/CLASS/00001.jpg and val/CLASS/00001.jpg, with \
      truth.jsonl beside it: for each image the possible completions, their probabilities, the \
      entropy in nats, which one was drawn, and the region in pixels. --picture draws one scene of \
      each kind with its completions.
      """)

  @Option(
    help: ArgumentHelp(
      "A configuration; its data section says what scenes are like. Without one they have 64×64 "
        + "pixels on an 8×8 grid.", valueName: "file"), transform: HomePath.expanded)
  var config: String?
  @Option(
    help: ArgumentHelp("The folder to write; must be empty or not exist.", valueName: "dir"),
    transform: HomePath.expanded)
  var output: String?
  @Option(
    help: ArgumentHelp("The PNG file to draw a picture in.", valueName: "file"),
    transform: HomePath.expanded)
  var picture: String?
  @Option(help: "Training images; the configuration's data.samples, or 5000, unless given.")
  var count: Int?
  @Option(help: "Validation images.") var validationCount = 1000
  @Option(help: "The seed; the configuration's data.scene_seed unless given.") var seed: UInt64?
  @Option(help: "JPEG quality, 1 to 100; colour is kept for every pixel.") var quality = 95
  @Flag(help: "Also write each validation image with every completion it might have had.")
  var completions = false
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "section.key=value"))
  var overrides: [String] = []

  /// What scenes are like where no configuration says so.
  private static let standard = """
    data:
      dataset: ambiguous-scenes
      crop_size: 64
    mask:
      patch_size: 8
    """

  func run() throws {
    let data = try checked()
    let train = try data.ambiguousScenes(.train, count: count ?? data.samples ?? 5_000)
    let validation = try data.ambiguousScenes(.validation, count: validationCount)
    if let picture {
      let scenes = AmbiguousScenePicture.examples(of: try data.ambiguousScenes(.train, count: 2000))
      let drawing = AmbiguousScenePicture(
        title: "What is visible, and what the flag may be, with its probability", scenes: scenes)
      let image = drawing.image(scale: max(1, 192 / data.cropSize))
      try AtomicFile.write(
        Array(PNGFile.encode(image, name: picture)), to: picture, isNamedByUser: true)
      StandardOutput.write(
        "\(picture): \(scenes.count) scenes, \(image.width)×\(image.height) pixels")
    }
    if let output {
      let export = SceneExport(output: output, quality: quality, completions: completions)
      try export.check()
      var status = StatusLine()
      defer { status.clear() }
      try export.write(train: train, validation: validation) {
        status.show("images", $0, of: train.count + validation.count)
      }
      status.clear()
      StandardOutput.write(
        "\(output): \(train.count) training and \(validation.count) validation images")
    }
  }

  /// Refuses what cannot be done before anything is done.
  private func checked() throws -> DataConfiguration {
    guard output != nil || picture != nil else {
      throw CommandError("nothing to write; give --output DIR, --picture FILE or both")
    }
    for (option, value) in [("--count", count ?? 1), ("--validation-count", validationCount)]
    where value < 1 {
      throw CommandError("\(option) \(value): give a number of at least 1")
    }
    guard 1...100 ~= quality else {
      throw CommandError("--quality \(quality): give a number from 1 to 100")
    }
    if let picture { try CommandError.requireFolder(of: picture, option: "--picture") }
    let configuration =
      try config.map { try TrainingConfiguration(contentsOf: $0, overrides: overrides) }
      ?? TrainingConfiguration(yaml: Self.standard, overrides: overrides)
    var data = configuration.data
    guard data.dataset == .ambiguousScenes else {
      throw CommandError(
        "\(config ?? "--set"): data.dataset is \(data.dataset.name); jepa scenes writes "
          + "\(DatasetKind.ambiguousScenes.name) only")
    }
    data.sceneSeed = seed ?? data.sceneSeed
    return data
  }
}
