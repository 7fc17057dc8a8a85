import Foundation
import JEPAData
import Testing

/// Labels follow the training part's names, whatever the validation part has.
@Suite struct ClassesByNameTests {
  private func folders(train: [String], validation: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (split, names) in [("train", train), ("val", validation)] {
      for name in names { try folder.write(jpeg(1), to: "\(split)/\(name)/0.jpg") }
    }
    return folder
  }

  private func validation(
    _ folder: TemporaryFolder, classes: [String]? = nil
  ) throws -> any ImageDataset {
    try openDataset(at: folder.url.path, split: .validation, classes: classes)
  }

  @Test func aClassThatValidationLacks() throws {
    let folder = try folders(train: ["ant", "bee", "cat"], validation: ["bee", "cat"])
    let found = try validation(folder)
    #expect(found.classNames == ["ant", "bee", "cat"] && found.labels == [1, 2])
    #expect(
      found.remarks == [
        "\(folder.url.path)/val: no images of class ant, which the training part has"
      ])
    let some = try validation(folder, classes: ["ant", "cat"])
    #expect(some.classNames == ["ant", "cat"] && some.labels == [1])
  }

  @Test func aClassThatTrainingLacks() throws {
    let folder = try folders(train: ["bee", "cat"], validation: ["ant", "bee", "cat"])
    let found = try validation(folder)
    #expect(found.classNames == ["bee", "cat"] && found.labels == [0, 1])
    #expect(
      found.remarks == [
        "\(folder.url.path)/val: images of class ant are left out, since the training part has none"
      ])
    #expect(
      message { try validation(folder, classes: ["ant"]) }
        == "\(folder.url.path)/train: no class ant there; ask for classes that have a folder")
  }

  @Test func noClassInCommon() throws {
    let folder = try folders(train: ["cat", "dog"], validation: ["Cat", "Dog"])
    #expect(
      message { try validation(folder) }
        == "\(folder.url.path)/val: no class of the training part is in it; it has Cat, Dog, the training "
        + "part cat, dog; name the folders alike")
  }

  /// One name, of two spellings in Unicode: a Mac's archive beside a list typed elsewhere.
  @Test func spellingsOfOneName() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    let folder = try folders(train: ["bar", composed], validation: [decomposed])
    #expect(try validation(folder).labels == [1])
    let tiny = try tinyImageNetFolder()
    try tiny.write(jpeg(1), to: "val/images/\(decomposed).JPEG")
    let list = tiny.url.appendingPathComponent("val/val_annotations.txt")
    let text = try String(contentsOf: list, encoding: .utf8)
    try tiny.write(text + "\(composed).JPEG\tn02\n", to: "val/val_annotations.txt")
    let found = try TinyImageNet(root: tiny.url.path, split: .validation)
    #expect(found.label(at: 6) == 1)
    _ = try found.image(at: 6)
  }

  /// The list of 200 classes beside training images of some.
  @Test func partOfTinyImageNet() throws {
    let folder = try tinyImageNetFolder()
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("train/n01"))
    let found = try TinyImageNet(root: folder.url.path, split: .validation)
    #expect(found.classNames == ["n02", "n03"] && found.labels == [0, 0, 1, 1])
    #expect(found.remarks.count == 1 && found.remarks[0].contains("class n01 are left out"))
    let asked = try TinyImageNet(root: folder.url.path, split: .validation, classes: ["n03"])
    #expect(asked.labels == [0, 0] && asked.remarks == found.remarks)
  }

  /// Validation images that a script moved into class folders; the list and `images/` were left behind.
  @Test(arguments: [true, false]) func sortedTinyImageNet(_ keepsFolder: Bool) throws {
    let folder = try tinyImageNetFolder()
    let images = folder.url.appendingPathComponent("val/images")
    try FileManager.default.removeItem(at: images)
    if keepsFolder {
      try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
    }
    for name in ["n02", "n03"] { try folder.write(jpeg(1), to: "val/\(name)/images/a.JPEG") }
    for found in [
      try openDataset(at: folder.url.path, split: .validation),
      try TinyImageNet(root: folder.url.path, split: .validation),
    ] {
      #expect(found.classNames == ["n01", "n02", "n03"] && found.labels == [1, 2])
      #expect(found.remarks.count == 1 && found.remarks[0].contains("no images of class n01"))
    }
    #expect(try openDataset(at: folder.url.path, split: .train).count == 9)
  }
}
