import Foundation
import JEPAData
import JEPATensor
import Testing

/// Tiny ImageNet-100 as distributed, from the optional folder that the environment variable
/// `JEPA_SHARED` names (`../shared` beside the package by default).
private let archive: URL? = {
  let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let shared =
    ProcessInfo.processInfo.environment["JEPA_SHARED"].map { URL(fileURLWithPath: $0) }
    ?? package.deletingLastPathComponent().appendingPathComponent("shared")
  let zip = shared.appendingPathComponent("data/tiny-imagenet-100.zip")
  if FileManager.default.fileExists(atPath: zip.path) { return zip }
  print("skipped: \(zip.path) is not there; set JEPA_SHARED to the folder that holds it")
  return nil
}()

@Suite(.enabled(if: archive != nil, "needs Tiny ImageNet-100 in JEPA_SHARED"))
struct SharedTinyImageNetTests {
  private let classes = ["n01443537", "n01768244"]

  /// The two classes' training images, all of validation, and the lists.
  private func unpacked() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let unzip = Process()
    unzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    unzip.arguments =
      ["unzip", "-q", try #require(archive).path]
      + classes.map { "tiny-imagenet-100/train/\($0)/*" }
      + ["val/*", "wnids.txt", "words.txt"].map { "tiny-imagenet-100/\($0)" }
      + ["-d", folder.url.path]
    try unzip.run()
    unzip.waitUntilExit()
    try #require(unzip.terminationStatus == 0)
    return folder
  }

  @Test func readsEveryImage() throws {
    let folder = try unpacked()
    let root = folder.url.appendingPathComponent("tiny-imagenet-100").path
    let train = try openDataset(at: root, split: .train)
    #expect(train is TinyImageNet && train.classNames == classes && train.count == 1000)
    let validation = try openDataset(at: root, split: .validation)
    #expect(validation.count == 100)
    var gray = 0
    for index in 0..<train.count {
      let image = try train.image(at: index)
      #expect((image.width, image.height) == (64, 64))
      if image == image.grayscale() { gray += 1 }
    }
    #expect(gray >= 8)  // eight trilobites are greyscale files
    for index in 0..<validation.count { _ = try validation.image(at: index) }
  }

  @Test func loadsBatches() throws {
    let folder = try unpacked()
    let root = folder.url.appendingPathComponent("tiny-imagenet-100").path
    let loader = ImageLoader(
      try openDataset(at: root, split: .train), transform: TrainingTransform(size: 64),
      batchSize: 128, seed: 0)
    let batches = loader.batches(epoch: 0)
    var count = 0
    var sum = 0.0
    while let batch = try batches.next() {
      count += 1
      sum += batch.images.floats().reduce(0) { $0 + Double($1) } / Double(batch.images.count)
    }
    #expect(count == 7 && loader.brokenImages.isEmpty)
    #expect(abs(sum / 7) < 0.5)  // normalised
  }
}
