import Foundation
import JEPAData
import Testing

/// A small folder in Tiny ImageNet's layout: classes n01, n02, n03 with three training and two
/// validation images each.
func tinyImageNetFolder() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  var annotations = ""
  for (label, name) in ["n01", "n02", "n03"].enumerated() {
    for i in 0..<3 {
      try folder.write(jpeg(label * 10 + i), to: "train/\(name)/images/\(name)_\(i).JPEG")
    }
    try folder.write("\(name)_0.JPEG\t0\t0\t9\t9\n", to: "train/\(name)/\(name)_boxes.txt")
    for i in 0..<2 {
      let image = "val_\(2 * label + i).JPEG"
      try folder.write(jpeg(label * 10 + 5 + i), to: "val/images/\(image)")
      annotations += "\(image)\t\(name)\t0\t0\t9\t9\n"
    }
  }
  try folder.write(annotations, to: "val/val_annotations.txt")
  try folder.write("n03\nn01\nn02\n", to: "wnids.txt")
  try folder.write("n01\tgoldfish\nn02\tbullfrog\n", to: "words.txt")
  return folder
}

@Suite struct TinyImageNetTests {
  @Test func readsBothSplits() throws {
    let folder = try tinyImageNetFolder()
    let train = try TinyImageNet(root: folder.url.path, split: .train)
    #expect(train.classNames == ["n01", "n02", "n03"])
    #expect(train.labels == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(train.name(at: 4).hasSuffix("train/n02/images/n02_1.JPEG"))
    #expect(try train.image(at: 8).width == 16)
    #expect(try train.classDescriptions() == ["goldfish", "bullfrog", "n03"])
    let validation = try TinyImageNet(root: folder.url.path, split: .validation)
    #expect(validation.labels == [0, 0, 1, 1, 2, 2])
    #expect(validation.name(at: 3).hasSuffix("val/images/val_3.JPEG"))
  }

  @Test func takesAnyClasses() throws {
    let folder = try tinyImageNetFolder()
    let classes = ["n03", "n01"]
    let train = try TinyImageNet(root: folder.url.path, split: .train, classes: classes)
    #expect(train.classNames == ["n01", "n03"] && train.labels == [0, 0, 0, 1, 1, 1])
    let validation = try TinyImageNet(root: folder.url.path, split: .validation, classes: classes)
    #expect(validation.labels == [0, 0, 1, 1])
    #expect(
      message {
        try TinyImageNet(root: folder.url.path, split: .train, classes: ["n01", "n77"])
      } == "\(folder.url.path)/train: no class n77 there; ask for classes that have a folder")
  }

  @Test func onlyValidationPresent() throws {
    let folder = try tinyImageNetFolder()
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("train"))
    let validation = try TinyImageNet(root: folder.url.path, split: .validation)
    #expect(validation.classNames == ["n01", "n02", "n03"] && validation.count == 6)
    #expect(
      message { try TinyImageNet(root: folder.url.path, split: .train) }
        == "\(folder.url.path)/train: no such folder; check the data path")
  }

  @Test func emptyClass() throws {
    let folder = try tinyImageNetFolder()
    let images = folder.url.appendingPathComponent("train/n02/images")
    for i in 0..<3 {
      try FileManager.default.removeItem(at: images.appendingPathComponent("n02_\(i).JPEG"))
    }
    #expect(
      message { try TinyImageNet(root: folder.url.path, split: .train) }
        == "\(images.path): class n02 has no images (.jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp); "
        + "add some or remove the folder")
  }

  @Test func missingFolders() throws {
    let folder = try tinyImageNetFolder()
    #expect(
      message { try TinyImageNet(root: folder.url.path + "/nowhere", split: .train) }
        == "\(folder.url.path)/nowhere: no such folder; check the data path")
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("val/images"))
    #expect(
      message { try TinyImageNet(root: folder.url.path, split: .validation) }
        == "\(folder.url.path)/val/images: no such folder; check the data path")
  }

  @Test(arguments: [
    (
      "val_9.JPEG\tn01\t0\t0\t1\t1",
      "image ROOT/val/images/val_9.JPEG does not exist; "
        + "restore it or remove the line"
    ),
    (
      "val_1.JPEG\tn99\t0\t0\t1\t1",
      "class n99 is neither in wnids.txt nor in train/; "
        + "correct the line or remove it"
    ),
    ("val_1.JPEG", "\"val_1.JPEG\" is not <image><tab><class>…; mend the line or remove it"),
    ("\tn01", "\"\tn01\" is not <image><tab><class>…; mend the line or remove it"),
  ])
  func badAnnotations(_ line: String, _ reason: String) throws {
    let folder = try tinyImageNetFolder()
    let path = "val/val_annotations.txt"
    let url = folder.url.appendingPathComponent(path)
    let good = try String(contentsOf: url, encoding: .utf8)
    try folder.write(good + "\n" + line + "\n", to: path)  // lines 7 (blank) and 8
    let expected = reason.replacingOccurrences(of: "ROOT", with: folder.url.path)
    #expect(
      message { try TinyImageNet(root: folder.url.path, split: .validation) }
        == "\(url.path):8: \(expected)")
  }

  @Test func missingAnnotations() throws {
    let folder = try tinyImageNetFolder()
    let url = folder.url.appendingPathComponent("val/val_annotations.txt")
    try FileManager.default.removeItem(at: url)
    #expect(
      message { try TinyImageNet(root: folder.url.path, split: .validation) }
        == "\(url.path): no such file; unpack the data set again")
  }

  @Test func windowsLineEnds() throws {
    let folder = try tinyImageNetFolder()
    let url = folder.url.appendingPathComponent("val/val_annotations.txt")
    let text = try String(contentsOf: url, encoding: .utf8)
    try folder.write(
      text.replacingOccurrences(of: "\n", with: "\r\n"), to: "val/val_annotations.txt")
    #expect(try TinyImageNet(root: folder.url.path, split: .validation).count == 6)
  }
}
