import Foundation
import JEPATensor
import Testing

@testable import JEPA

/// Files that a user names: what is there is kept, but for what it holds.
@Suite struct NamedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kind(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try FileError.contents(of: path), as: UTF8.self)
  }

  @Test func devicesAreWrittenToAndStay() throws {
    try AtomicFile.write("figures", to: "/dev/null", isNamedByUser: true)
    #expect(kind("/dev/null") == S_IFCHR)
    let link = folder.path + "/null"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/dev/null")
    try AtomicFile.write("figures", to: link, isNamedByUser: true)
    #expect(kind(link) == S_IFLNK && kind("/dev/null") == S_IFCHR)
  }

  @Test func pipesAreWrittenTo() throws {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try AtomicFile.write("figures", to: pipe, isNamedByUser: true)
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(reader, &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "figures")
    #expect(kind(pipe) == S_IFIFO)
  }

  /// What stands for an open file, as `/dev/stdout` does, is written to and not replaced.
  @Test func openFilesAreWrittenTo() throws {
    let path = folder.path + "/open"
    try AtomicFile.write("before ", to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    var (was, now) = (stat(), stat())
    #expect(fstat(descriptor, &was) == 0)
    try AtomicFile.write("figures", to: "/dev/fd/\(descriptor)", isNamedByUser: true)
    #expect(stat(path, &now) == 0 && was.st_ino == now.st_ino)
    #expect(try text(path) == "before figures")
  }

  @Test func aLinksTargetIsReplacedAndNotTheLink() throws {
    let (file, link, second) = (
      folder.path + "/file", folder.path + "/link", folder.path + "/second"
    )
    try AtomicFile.write("before", to: file)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "file")
    try FileManager.default.createSymbolicLink(atPath: second, withDestinationPath: link)
    try AtomicFile.write("after", to: second, isNamedByUser: true)
    #expect(kind(second) == S_IFLNK && kind(link) == S_IFLNK && kind(file) == S_IFREG)
    #expect(try text(file) == "after")
    // Where nobody named it, as in a run's folder, nothing that a link leads to is touched.
    try AtomicFile.write("own", to: link)
    #expect(kind(link) == S_IFREG)
    #expect(try text(file) == "after" && text(link) == "own")
  }

  @Test func linksThatLeadNowhereOrRoundAreFiles() throws {
    let (link, round) = (folder.path + "/link", folder.path + "/round")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "new")
    try AtomicFile.write("text", to: link, isNamedByUser: true)
    #expect(try text(folder.path + "/new") == "text")
    try FileManager.default.createSymbolicLink(atPath: round, withDestinationPath: "round")
    try AtomicFile.write("text", to: round, isNamedByUser: true)
    #expect(kind(round) == S_IFREG)
  }

  /// Nobody can lay a link where the bytes will go: the name is new and not followed.
  @Test func partialFilesHaveNamesThatNobodyKnows() throws {
    let first = try PartialFile(for: folder.path + "/x")
    let second = try PartialFile(for: folder.path + "/x")
    #expect(first.temporary != second.temporary)
    #expect(try #require(first.temporary).hasSuffix(".partial"))
    first.abandon()
    second.abandon()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
