import Foundation
import JEPAData
import JEPATensor
import Testing

/// Files and folders that were made to harm their reader.
@Suite struct HostileFilesTests {
  /// `rgb444.jpg`, or another, with another size in its header.
  private func resized(_ file: String, width: Int, height: Int) throws -> Data {
    var data = try Data(contentsOf: resource(file))
    let mark = file == "progressive.jpg" ? Data([0xFF, 0xC2]) : Data([0xFF, 0xC0])
    let frame = try #require(data.range(of: mark))
    data.replaceSubrange(
      frame.upperBound + 3..<frame.upperBound + 7,
      with: [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) })
    return data
  }

  /// The largest size that the format can claim.
  @Test(arguments: ["rgb444.jpg", "progressive.jpg", "cmyk.jpg"])
  func theLargestHeaderIsRefused(_ file: String) throws {
    let data = try resized(file, width: 65_500, height: 65_500)
    #expect(
      message { try JPEGFile.decode(data, name: "bomb.jpg") }
        == "bomb.jpg: 65500x65500 pixels, more than 178956970; scale it down")
  }

  /// Sizes that are allowed, of files that cannot hold them: refused before memory is taken.
  @Test(arguments: ["rgb444.jpg", "rgb420.jpg", "progressive.jpg", "cmyk.jpg"])
  func headersBeyondTheFileAreRefused(_ file: String) throws {
    let data = try resized(file, width: 13_000, height: 13_000)
    #expect(
      message { try JPEGFile.decode(data, name: "bomb.jpg") }
        == "bomb.jpg: damaged image: it claims 13000x13000 pixels, which \(data.count) bytes cannot "
        + "hold; replace or remove it")
  }

  /// Images of one colour, the smallest that encoders write, are not taken for bombs.
  @Test func plainImagesAreRead() throws {
    let image = Image(width: 3000, height: 2000, red: 9, green: 9, blue: 9)
    for chroma in [JPEGFile.Chroma.full, .halved] {
      let data = try JPEGFile.encode(image, quality: 1, chroma: chroma)
      #expect(try ImageFile.decode(data, name: "plain").width == 3000)
    }
    #expect(try ImageFile.decode(PNGFile.encode(image), name: "plain").height == 2000)
  }

  /// A pipe would keep its reader waiting, a device would never end.
  @Test func onlyRegularFilesAreRead() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.url.appendingPathComponent("a.jpg")
    #expect(mkfifo(pipe.path, 0o644) == 0)
    #expect(
      message { try ImageFile.decode(pipe) }
        == "\(pipe.path): cannot be read: it is not a regular file")
    #expect(
      message { try ImageFile.decode(URL(filePath: "/dev/zero")) }
        == "/dev/zero: cannot be read: it is not a regular file")
    let sparse = folder.url.appendingPathComponent("b.jpg")
    try Data().write(to: sparse)
    #expect(truncate(sparse.path, off_t(ImageFile.maximumByteCount + 1)) == 0)
    #expect(
      message { try ImageFile.decode(sparse) }
        == "\(sparse.path): cannot be read: it has more than the 536870910 bytes that are read")
  }

  private func link(_ folder: TemporaryFolder, _ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appendingPathComponent(path).path, withDestinationPath: target)
  }

  /// An image folder in `set`, and beside it what is nobody's business.
  private func place() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for split in ["train", "val"] {
      for name in ["a", "b"] { try folder.write(jpeg(1), to: "set/\(split)/\(name)/1.jpg") }
    }
    try folder.write(jpeg(2), to: "private/secret.jpg")
    return folder
  }

  @Test(arguments: [
    ("set/train/a/2.jpg", "../../../private/secret.jpg", "set/train/a/2.jpg"),
    ("set/train/c", "../../private", "set/train/c"),
    ("set/train/a/deep", "/etc", "set/train/a/deep"),
  ])
  func linksThatLeadOutAreRefused(_ path: String, _ target: String, _ named: String) throws {
    let folder = try place()
    try link(folder, path, to: target)
    let set = folder.url.appendingPathComponent("set").path
    let text = try #require(message { try openDataset(at: set, split: .train) })
    #expect(text.hasPrefix("\(folder.url.path)/\(named): leads out of the data set's folder, to /"))
    #expect(text.hasSuffix("give --follow-links where the data are your own"))
    if !target.hasPrefix("/etc") {
      #expect(try openDataset(at: set, split: .train, links: .anywhere).count == 3)
    }
  }

  /// The data set's own folder may be a link, and links within it are followed, loops once.
  @Test func linksWithinAreFollowed() throws {
    let folder = try place()
    try link(folder, "alias", to: "set")
    try link(folder, "set/train/a/2.jpg", to: "../../val/a/1.jpg")
    try link(folder, "set/train/a/loop", to: "..")
    try link(folder, "set/train/a/again", to: ".")
    try link(folder, "set/train/b/gone.jpg", to: "nowhere.jpg")
    let data = try openDataset(
      at: folder.url.appendingPathComponent("alias").path, split: .train)
    // a: 1.jpg and 2.jpg, and through the loop b's two and a's again, which is read once.
    let names = (0..<data.count).map { URL(filePath: data.name(at: $0)).lastPathComponent }
    #expect(names.filter { $0 == "2.jpg" }.count == 1)
    #expect(data.count < 10)
  }

  @Test func listsThatLeadOutAreRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write("n01\n", to: "set/wnids.txt")
    try folder.write(jpeg(1), to: "set/train/n01/images/1.JPEG")
    try folder.write(jpeg(1), to: "set/val/images/val_0.JPEG")
    try folder.write("top secret\n", to: "secret.txt")
    try link(folder, "set/val/val_annotations.txt", to: "../../secret.txt")
    let set = folder.url.appendingPathComponent("set").path
    let text = try #require(message { try TinyImageNet(root: set, split: .validation) })
    #expect(text.contains("val_annotations.txt: leads out of the data set's folder"))
    #expect(!text.contains("top secret"))
  }

  /// Names in lists are looked for among the images of the folder, never opened as they are.
  @Test(arguments: ["../../secret.JPEG", "/etc/hostname", "images/val_0.JPEG", "val_0.JPEG/../x"])
  func namesInListsAreNoPaths(_ name: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(jpeg(1), to: "set/train/n01/images/1.JPEG")
    try folder.write(jpeg(1), to: "set/val/images/val_0.JPEG")
    try folder.write(jpeg(1), to: "secret.JPEG")
    try folder.write("\(name)\tn01\n", to: "set/val/val_annotations.txt")
    let set = folder.url.appendingPathComponent("set").path
    let text = try #require(message { try TinyImageNet(root: set, split: .validation) })
    #expect(text.contains("val_annotations.txt:1: image") && text.contains("does not exist"))
  }
}
