import Foundation
@testable import JEPAData
import Testing

/// Names as file systems have them: bytes.
@Suite struct FileNameTests {
  /// Writes a file whose path below the folder is these bytes; nil where the file system refuses them.
  private func write(_ data: Data, to path: [UInt8], in folder: TemporaryFolder) -> FilePath? {
    let whole = FilePath(bytes: Array(folder.url.path.utf8) + [UInt8(ascii: "/")] + path)
    let descriptor = whole.withCString { open($0, O_CREAT | O_WRONLY, 0o644) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let written = data.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    return written == data.count ? whole : nil
  }

  private let latin1 = Array("caf".utf8) + [0xE9] + Array(".jpg".utf8)

  @Test func pathsAreBytes() {
    let path = FilePath(bytes: latin1)
    #expect(path.text == "caf\\xE9.jpg" && path.bytes == latin1)
    #expect(
      path.withCString { Array(UnsafeBufferPointer(start: $0, count: 8)) }.map {
        UInt8(bitPattern: $0)
      } == latin1)
    let inFolder = FilePath("a/b").appending(path)
    #expect(inFolder.text == "a/b/caf\\xE9.jpg" && inFolder.lastComponent == path)
    #expect(FilePath("a/ü.jpg").lastComponent.text == "ü.jpg")
    // Cut in the middle of a character, and followed by a sound one.
    #expect(FilePath(bytes: [0xE2, 0x82, 0x41, 0xC3, 0xBC]).text == "\\xE2\\x82Aü")
    // Unicode's equality is not the file system's.
    #expect(FilePath("\u{E9}") != FilePath("e\u{301}"))
    #expect(FilePath("Z") < FilePath("a") && FilePath("a") < path.appending("x"))
    #expect(FilePath(bytes: [0xC3, 0xBC]) < FilePath(bytes: [0xE9]))
  }

  @Test func namesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    try folder.write(jpeg(1), to: "ok.jpg")
    guard write(try jpeg(2), to: latin1, in: folder) != nil else { return }
    let files = try ImageFiles(folder: folder.url.path)
    #expect(files.paths == ["caf\\xE9.jpg", "ok.jpg"].map { folder.url.path + "/" + $0 })
    #expect(try files.image(at: 0) == ImageFile.decode(jpeg(2), name: "x"))
    let missing = FilePath(folder.url.path).appending(FilePath(bytes: [0xE9, 0x2E]))
    #expect(
      message { try ImageFile.decode(missing) }
        == "\(folder.url.path)/\\xE9.: cannot be read: no such file")
  }

  @Test func classesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    for part in ["train", "val"] {
      try folder.write(jpeg(1), to: "\(part)/bar/0.jpg")
      let name = FilePath(bytes: Array("\(folder.url.path)/\(part)/".utf8) + latin1.prefix(4))
      guard name.withCString({ mkdir($0, 0o755) }) == 0 else { return }
      _ = write(
        try jpeg(2), to: Array("\(part)/".utf8) + latin1.prefix(4) + Array("/0.jpg".utf8),
        in: folder)
    }
    let validation = try openDataset(at: folder.url.path, split: .validation)
    #expect(validation.classNames == ["bar", "caf\\xE9"] && validation.labels == [0, 1])
    _ = try validation.image(at: 1)
  }

  @Test func listsThatAreNotUTF8() throws {
    let folder = try tinyImageNetFolder()
    guard write(try jpeg(3), to: Array("val/images/".utf8) + latin1, in: folder) != nil else {
      return
    }
    let list = folder.url.appendingPathComponent("val/val_annotations.txt")
    let text = try Data(contentsOf: list)
    try folder.write(text + latin1 + Data("\tn02\n".utf8), to: "val/val_annotations.txt")
    let validation = try TinyImageNet(root: folder.url.path, split: .validation)
    #expect(validation.count == 7 && validation.label(at: 6) == 1)
    #expect(try validation.image(at: 6) == ImageFile.decode(jpeg(3), name: "x"))
  }

  @Test(arguments: [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian])
  func byteOrderMarks(_ encoding: String.Encoding) throws {
    let folder = try tinyImageNetFolder()
    for name in ["val/val_annotations.txt", "wnids.txt", "words.txt"] {
      let text = try String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)
      try folder.write(
        try #require(("\u{FEFF}" + text.replacing("\n", with: "\r\n")).data(using: encoding)),
        to: name)
    }
    let validation = try TinyImageNet(root: folder.url.path, split: .validation)
    #expect(validation.count == 6 && validation.name(at: 0).hasSuffix("val_0.JPEG"))
    #expect(try validation.classDescriptions() == ["goldfish", "bullfrog", "n03"])
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("train"))
    #expect(
      try TinyImageNet(root: folder.url.path, split: .validation).classNames == [
        "n01", "n02", "n03",
      ])
  }
}
