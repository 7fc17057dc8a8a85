import Foundation
import JEPAData
import Testing

/// Layouts that people have, right and wrong.
@Suite struct LayoutTests {
  /// Small images at these paths, and the folder that they are in.
  private func place(_ paths: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (index, path) in paths.enumerated() { try folder.write(jpeg(index), to: path) }
    return folder
  }

  private func images(_ folders: [String], _ count: Int = 2) -> [String] {
    folders.flatMap { folder in (0..<count).map { "\(folder)/\($0).jpg" } }
  }

  private func open(
    _ folder: TemporaryFolder, _ split: DatasetSplit = .train
  ) throws -> any ImageDataset {
    try openDataset(at: folder.url.path, split: split)
  }

  @Test func oneLevelTooHigh() throws {
    let folder = try place(images(["animals/train/cat", "animals/train/dog", "animals/val/cat"]))
    #expect(
      message { try open(folder) }
        == "\(folder.url.path): the data set lies in a folder below; give \(folder.url.path)/animals"
    )
    try folder.write(jpeg(1), to: "other/a.jpg")
    #expect(message { try open(folder) }?.hasSuffix("give \(folder.url.path)/animals") == true)
  }

  @Test func oneLevelAboveTinyImageNet() throws {
    let folder = try place(["tiny/train/n01/images/a.JPEG", "tiny/val/images/b.JPEG"])
    try folder.write("b.JPEG\tn01\n", to: "tiny/val/val_annotations.txt")
    #expect(
      message { try open(folder) }?.hasSuffix("in a folder below; give \(folder.url.path)/tiny")
        == true)
  }

  /// As the archive of ImageNet is.
  @Test func severalLevelsTooHigh() throws {
    let folder = try place(
      images(["set/Data/CLS-LOC/train/n01", "set/Data/CLS-LOC/train/n02", "set/Data/CLS-LOC/val"]))
    try folder.write("x", to: "set/Annotations/a.xml")
    #expect(
      message { try open(folder) }?.hasSuffix("give \(folder.url.path)/set/Data/CLS-LOC") == true)
    let path = folder.url.path + "/set/Data/CLS-LOC"
    #expect(try openDataset(at: path, split: .train).classNames == ["n01", "n02"])
  }

  @Test func archives() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("PK", to: "set.zip")
    #expect(
      message { try openDataset(at: file.path, split: .train) }
        == "\(file.path): a file, not a folder; unpack it and give the folder")
  }

  @Test func partsWithinClasses() throws {
    let folder = try place(images(["cat/train", "cat/val", "dog/train", "dog/val"]))
    let text = try #require(message { try open(folder) })
    #expect(
      text.contains("each class's folder is divided into parts, as \(folder.url.path)/cat/train;"))
    #expect(text.contains("train/<class>"))
  }

  @Test(arguments: ["train", "Train"]) func doubledFolders(_ name: String) throws {
    let folder = try place(
      images(["\(name)/\(name)/cat", "\(name)/\(name)/dog", "val/val/cat", "val/val/dog"]))
    let train = try open(folder)
    #expect(train.classNames == ["cat", "dog"] && train.labels == [0, 0, 1, 1])
    let validation = try open(folder, .validation)
    #expect(validation.classNames == ["cat", "dog"] && validation.count == 4)
  }

  /// A folder of one class in a part is no doubled folder.
  @Test func oneClass() throws {
    let folder = try place(images(["train/cat", "val/cat"]))
    let train = try open(folder)
    #expect(train.classNames == ["cat"] && train.count == 2)
    #expect(
      train.remarks == [
        "\(folder.url.path)/train: one class, cat, so that accuracies are 100 % whatever the encoder"
      ])
    #expect(try open(folder, .validation).remarks.isEmpty)
    let deep = try place(images(["train/images/cat", "train/images/dog", "val/images/cat"]))
    #expect(
      try open(deep).remarks[0].hasSuffix(
        "; its folders, cat, dog, count as no classes where they are"))
  }

  @Test(arguments: ["train", "val", "test", "Training"]) func aClassCalledLikeAPart(_ name: String)
    throws
  {
    let folder = try place(images(["bus", "car", name], 10))
    let train = try open(folder)
    #expect(Set(train.classNames) == ["bus", "car", name] && train.count == 27)
    #expect(
      train.remarks.contains {
        $0.contains(
          "\(name) is read as a class, since it holds images and lies beside other classes")
      })
    #expect(try open(folder, .validation).count == 3)
  }

  /// Two such folders may be either.
  @Test func partsOrClasses() throws {
    let folder = try place(images(["bus", "train", "test"]))
    #expect(
      message { try open(folder) }
        == "\(folder.url.path): train may be a part of the data or a class beside test, bus; for a part, "
        + "make it train/<class>/<image>.jpg, and for a class, rename it")
  }

  @Test func foldersBesideTheParts() throws {
    let folder = try place(images(["train/cat", "val/cat", "extra/cow"]))
    try folder.write("x", to: "notes/readme.txt")
    #expect(
      try open(folder).remarks.first
        == "\(folder.url.path): not read, since they lie beside its parts: extra")
  }

  @Test(arguments: [("Train", "Val"), ("TRAIN", "TEST"), ("training", "Validation")])
  func partsInAnyCase(_ train: String, _ validation: String) throws {
    let folder = try place(images(["\(train)/cat", "\(train)/dog", "\(validation)/dog"]))
    #expect(try open(folder).count == 4)
    #expect(try open(folder, .validation).labels == [1, 1])
  }

  /// Every class of two images or more has one for validation.
  @Test func smallClasses() throws {
    let folder = try place(images(["ant"], 5) + images(["bee"], 1) + images(["cat"], 25))
    let (train, validation) = (try open(folder), try open(folder, .validation))
    #expect(train.labels.filter { $0 == 0 }.count == 4 && train.labels.contains(1))
    #expect(validation.labels == [0, 2, 2])
    #expect(validation.name(at: 0).hasSuffix("ant/4.jpg"))
    let single = try place(images(["ant", "bee"], 1))
    #expect(try open(single).count == 2)
    #expect(
      message { try open(single, .validation) }
        == "\(single.url.path): every class has one image, so that none is left for validation; "
        + "add images, or set evaluation.every to 0")
  }

  @Test func imagesWithoutLabels() throws {
    let folder = try place(["b.jpg", "a.jpg"])
    let train = try open(folder)
    #expect(train.count == 2 && !train.isLabeled && train.name(at: 0).hasSuffix("a.jpg"))
    #expect(
      message { try open(folder, .validation) }?.contains("its images have no labels") == true)
    #expect(
      message { try openDataset(at: folder.url.path, split: .train, classes: ["cat"]) }?
        .contains("no class folders in it") == true)
    let parts = try place(["train/a.jpg", "test/b.jpg"])
    #expect(try !open(parts).isLabeled && !open(parts, .validation).isLabeled)
    let half = try place(images(["train/cat", "train/dog"]) + ["test/b.jpg"])
    #expect(try open(half).isLabeled && !open(half, .validation).isLabeled)
  }

  @Test func imagesBesideClasses() throws {
    let folder = try place(images(["train/cat", "train/dog", "val/cat"]) + ["train/stray.jpg"])
    #expect(
      try open(folder).remarks == [
        "\(folder.url.path)/train: 1 image is left out, beside the class folders"
      ])
    #expect(try open(folder).count == 4)
  }

  @Test(arguments: ["@eaDir", "__MACOSX", ".thumbnails", "#recycle", "lost+found"])
  func foldersOfSystems(_ name: String) throws {
    let folder = try place(
      images(["train/cat", "train/dog", "val/cat", "val/dog", "\(name)/train", "train/\(name)"])
        + images(["train/cat/\(name)"]) + ["train/cat/._0.jpg"])
    try folder.write("x", to: "train/cat/Thumbs.db")
    let train = try open(folder)
    #expect(train.classNames == ["cat", "dog"] && train.count == 4)
    #expect(train.remarks.isEmpty)
  }

  @Test func filesPassedOver() throws {
    let folder = try place(images(["train/cat", "val/cat"]))
    for name in ["a.gif", "b.GIF", "c.tiff", "notes.txt", "labels.csv"] {
      try folder.write("x", to: "train/cat/" + name)
    }
    #expect(
      try open(folder).remarks.last
        == "\(folder.url.path)/train: passed over 2 .gif, 1 .tiff, which are not read; "
        + "convert them to use them")
    try folder.write("x", to: "train/dog/a.gif")
    #expect(
      message { try open(folder) }?.hasSuffix(
        "convert what is there (3 .gif, 1 .tiff), add some or remove the folder") == true)
    let none = try TemporaryFolder()
    try none.write("x", to: "a.heic")
    #expect(message { try open(none) }?.contains("convert what is there (1 .heic)") == true)
  }

  @Test(arguments: ["a.jfif", "a.JPE", "a.bmp", "a.WebP"]) func furtherEndings(_ name: String)
    throws
  {
    let folder = try place(images(["cat"], 3) + ["cat/\(name)"])
    #expect(try open(folder).count + open(folder, .validation).count == 4)
  }

  @Test func foldersNamedLikeImages() throws {
    let folder = try place(["cat.jpg/0.jpg", "cat.jpg/1.jpg", "dog/a.png/2.jpg", "dog/3.jpg"])
    let train = try open(folder)
    #expect(train.classNames == ["cat.jpg", "dog"])
    #expect(train.count + (try open(folder, .validation).count) == 4)
    #expect(try ImageFiles(folder: folder.url.path).count == 4)
  }
}
