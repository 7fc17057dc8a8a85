import Foundation
import Testing

@testable import JEPA

/// One process at a time writes to a run's folder.
@Suite struct RunLockTests {
  /// Another process's lock, as the kernel sees it: a file opened anew.
  private final class Stranger {
    let descriptor: Int32
    init(_ folder: String) {
      descriptor = open(folder + "/.lock", O_RDWR | O_CREAT, 0o644)
      #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }
    deinit { close(descriptor) }
  }

  private func message(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test func othersAreRefused() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/run"
    try RunFolder.create(at: path, configuration: .init())
    try AtomicFile.write("process 12 on elsewhere\n", to: path + "/.lock")
    try AtomicFile.write("x", to: path + "/checkpoints/.step.1.partial")
    var stranger: Stranger? = Stranger(path)
    let refusal =
      "cannot use the run folder \(path): process 12 on elsewhere is training in it; wait for its "
      + "end, or name another folder"
    #expect(message { try RunFolder.open(at: path) } == refusal)
    #expect(message { try RunFolder.create(at: path, configuration: .init()) } == refusal)
    // The other's unfinished file is left alone, and reading is allowed.
    #expect(FileManager.default.fileExists(atPath: path + "/checkpoints/.step.1.partial"))
    _ = try RunFolder.open(at: path, readOnly: true)
    withExtendedLifetime(stranger) {}
    stranger = nil
    _ = try RunFolder.open(at: path)
    #expect(!FileManager.default.fileExists(atPath: path + "/checkpoints/.step.1.partial"))
  }

  @Test func removingTheFileLetsNobodyIn() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    let folder = try RunFolder.create(at: path, configuration: .init())
    #expect(unlink(path + "/.lock") == 0)
    var stranger = open(path, O_RDONLY | O_DIRECTORY)
    #expect(flock(stranger, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
    close(stranger)
    withExtendedLifetime(folder) {}

    // The other way around: a stranger has the folder, and its file is gone.
    let other = temporary.path + "/other"
    do { try RunFolder.create(at: other, configuration: .init()) }
    #expect(unlink(other + "/.lock") == 0)
    stranger = open(other, O_RDONLY | O_DIRECTORY)
    defer { close(stranger) }
    #expect(flock(stranger, LOCK_EX | LOCK_NB) == 0)
    #expect(
      message { try RunFolder.open(at: other) }
        == "cannot use the run folder \(other): another process is training in it; wait for its end, or "
        + "name another folder")
  }

  @Test func aLinkIsNotWrittenThrough() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/run"
    do { try RunFolder.create(at: path, configuration: .init()) }
    try AtomicFile.write("precious", to: temporary.path + "/target")
    #expect(unlink(path + "/.lock") == 0 && symlink("../target", path + "/.lock") == 0)
    #expect(
      message { try RunFolder.open(at: path) }?.hasPrefix("cannot lock the run folder") == true)
    #expect(try String(contentsOfFile: temporary.path + "/target", encoding: .utf8) == "precious")
  }

  @Test func oneProcessSharesIts() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    var first: RunFolder? = try RunFolder.create(at: path, configuration: .init())
    var second: RunFolder? = try RunFolder.open(at: path)
    #expect(first == second)
    func isFree() -> Bool {
      let descriptor = open(path + "/.lock", O_RDWR)
      defer { close(descriptor) }
      return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }
    #expect(!isFree())
    first = nil
    #expect(!isFree())
    second = nil
    #expect(isFree())
    let holder = try String(contentsOfFile: path + "/.lock", encoding: .utf8)
    #expect(holder.hasPrefix("process \(getpid()) on "))
  }
}
