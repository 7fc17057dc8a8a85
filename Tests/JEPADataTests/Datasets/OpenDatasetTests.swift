import Foundation
import JEPAData
import Testing

@Suite struct OpenDatasetTests {
  private func imageFolder(_ prefix: String, in folder: TemporaryFolder, perClass: Int) throws {
    for name in ["cat", "ant", "bee"] {
      for i in 0..<perClass {
        try folder.write(jpeg(i), to: "\(prefix)\(name)/deep/\(i).jpg")
      }
    }
  }

  @Test func detectsTinyImageNet() throws {
    let folder = try tinyImageNetFolder()
    #expect(try openDataset(at: folder.url.path, split: .train) is TinyImageNet)
    #expect(try openDataset(at: folder.url.path + "/", split: .validation).count == 6)
    #expect(try openDataset(at: folder.url.path, split: .train, classes: ["n02"]).count == 3)
  }

  /// The layout that many scripts turn the validation part into.
  @Test func detectsReorganisedTinyImageNet() throws {
    let folder = try tinyImageNetFolder()
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("val"))
    for name in ["n01", "n02", "n03"] {
      try folder.write(jpeg(1), to: "val/\(name)/images/a.JPEG")
    }
    let validation = try openDataset(at: folder.url.path, split: .validation)
    #expect(validation is ImageFolder && validation.labels == [0, 1, 2])
    #expect(try openDataset(at: folder.url.path, split: .train).count == 9)
  }

  @Test(arguments: ["val", "validation", "valid", "test"])
  func detectsFoldersPerSplit(_ name: String) throws {
    let folder = try TemporaryFolder()
    try imageFolder("train/", in: folder, perClass: 3)
    try imageFolder("\(name)/", in: folder, perClass: 1)
    let train = try openDataset(at: folder.url.path, split: .train)
    #expect(train.classNames == ["ant", "bee", "cat"] && train.count == 9)
    #expect(train.labels == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(train.name(at: 3).hasSuffix("train/bee/deep/0.jpg"))
    #expect(try openDataset(at: folder.url.path, split: .validation).count == 3)
  }

  /// A missing part is refused rather than replaced by the other one.
  @Test func missingSplit() throws {
    let folder = try TemporaryFolder()
    try imageFolder("train/", in: folder, perClass: 1)
    #expect(
      message { try openDataset(at: folder.url.path, split: .validation) }
        == "\(folder.url.path)/val: no such folder; check the data path")
  }

  @Test func splitsABareFolder() throws {
    let folder = try TemporaryFolder()
    try imageFolder("", in: folder, perClass: 20)
    let train = try openDataset(at: folder.url.path, split: .train)
    let validation = try openDataset(at: folder.url.path, split: .validation)
    #expect(train.count == 54 && validation.count == 6)
    #expect(validation.labels == [0, 0, 1, 1, 2, 2])
    let names = Set((0..<54).map { train.name(at: $0) })
    #expect((0..<6).allSatisfy { !names.contains(validation.name(at: $0)) })
  }

  @Test func saysWhatItLookedFor() throws {
    let folder = try TemporaryFolder()
    try folder.write("hello", to: "notes/a.txt")
    let text = try #require(message { try openDataset(at: folder.url.path, split: .train) })
    for part in ["\(folder.url.path): ", "train/<wnid>/images", "train/<class>", "<class>/*.jpg"] {
      #expect(text.contains(part))
    }
    #expect(!text.contains("\n"))
    #expect(
      message { try openDataset(at: "/nowhere/at/all", split: .train) }
        == "/nowhere/at/all: no such folder; check the data path")
  }

  @Test func imageFolderRefusals() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { try ImageFolder(root: folder.url.path) }
        == "\(folder.url.path): no class folders in it; expected <class>/<image>.jpg below it")
    try imageFolder("", in: folder, perClass: 1)
    try folder.write("", to: "dog/readme.txt")
    #expect(
      message { try ImageFolder(root: folder.url.path) }
        == "\(folder.url.path)/dog: class dog has no images (.jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp); "
        + "add some or remove the folder")
    #expect(try ImageFolder(root: folder.url.path, classes: ["cat", "ant"]).labels == [0, 1])
    #expect(
      message { try ImageFolder(root: folder.url.path, classes: ["cow"]) }
        == "\(folder.url.path): no class cow there; ask for classes that have a folder")
  }

  /// Sizes differ, formats differ, and names end in any case; hidden files do not count.
  @Test func imageFolderReadsAnyImage() throws {
    let folder = try TemporaryFolder()
    try folder.write(jpeg(1, width: 40, height: 20), to: "a/x.JPeG")
    try folder.write(PNGFile.encode(noiseImage(width: 5, height: 9, seed: 1)), to: "a/y.png")
    try folder.write("x", to: "a/.hidden.jpg")
    try folder.write("x", to: "a/z.gif")
    let dataset = try ImageFolder(root: folder.url.path)
    #expect(dataset.count == 2)
    #expect(try dataset.image(at: 0).width == 40)
    #expect(try dataset.image(at: 1) == noiseImage(width: 5, height: 9, seed: 1))
  }

  @Test func looseFiles() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { try ImageFiles(folder: folder.url.path) }
        == "\(folder.url.path): no images (.jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp) in it; check the data path"
    )
    try folder.write(jpeg(1), to: "b.jpg")
    try folder.write(jpeg(2), to: "a/c.jpg")
    let files = try ImageFiles(folder: folder.url.path)
    #expect(files.paths == ["a/c.jpg", "b.jpg"].map { folder.url.path + "/" + $0 })
    #expect(try files.image(at: 1).width == 16)
  }
}
