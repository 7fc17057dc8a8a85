import Foundation
import Testing

@testable import JEPA

@Suite struct RunFolderTests {
  @Test func createsAndOpens() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/runs/first"
    var configuration = TrainingConfiguration()
    configuration.meta.seed = 5
    let folder = try RunFolder.create(at: path + "/", configuration: configuration)
    #expect(folder.path == path)
    // With the precision that `auto` means here.
    #expect(
      try TrainingConfiguration(contentsOf: folder.configuration)
        == configuration.resolvingPrecision())
    #expect(folder.metrics == path + "/metrics.csv")
    #expect(folder.report == path + "/report.html")
    var isDirectory: ObjCBool = false
    #expect(FileManager.default.fileExists(atPath: folder.checkpoints, isDirectory: &isDirectory))
    #expect(isDirectory.boolValue)

    try AtomicFile.write("x", to: folder.checkpoints + "/.step.1.partial")
    #expect(try RunFolder.open(at: path, readOnly: true) == folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.checkpoints).count == 1)
    #expect(try RunFolder.open(at: path) == folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.checkpoints).isEmpty)
  }

  @Test func acceptsAnEmptyFolder() throws {
    let temporary = try TemporaryFolder()
    _ = try RunFolder.create(at: temporary.path, configuration: .init())
  }

  /// A start that was killed before it had written `config.yaml` left its partial files, its lock's file and an empty
  /// folder of checkpoints; the user's own files stay.
  @Test func removesWhatAKilledStartLeft() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    #expect(mkdir(path + "/checkpoints", 0o755) == 0)
    let leftovers = [".config.yaml.99999-1.partial", "checkpoints/.step.99999-2.partial"]
    for name in leftovers + [".lock", "slurm-7.out", ".notes"] {
      try Data("x".utf8).write(to: URL(filePath: path + "/" + name))
    }
    let folder = try RunFolder.create(at: path, configuration: .init())
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names.sorted() == [".lock", ".notes", "checkpoints", "config.yaml", "slurm-7.out"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.checkpoints).isEmpty)
  }

  @Test func listsAndRemovesCheckpoints() throws {
    let temporary = try TemporaryFolder()
    let folder = try RunFolder.create(at: temporary.path, configuration: .init())
    #expect(folder.checkpointSteps() == [])
    #expect(folder.checkpoint(step: 7) == temporary.path + "/checkpoints/step-00000007.safetensors")
    for step in [300, 7, 123_456_789, 20] {
      try AtomicFile.write("x", to: folder.checkpoint(step: step))
    }
    try AtomicFile.write("x", to: folder.checkpoints + "/step-x.safetensors")
    for name in ["step-5", "step--0000005", "step-+0000005", "step-000000005"] {
      try AtomicFile.write("x", to: folder.checkpoints + "/\(name).safetensors")
    }
    try AtomicFile.write("x", to: folder.checkpoints + "/notes.txt")
    #expect(folder.checkpointSteps() == [7, 20, 300, 123_456_789])
    try folder.removeCheckpoints(keepingNewest: 2) { $0 == 7 }
    #expect(folder.checkpointSteps() == [7, 300, 123_456_789])
    for name in ["notes.txt", "step-5.safetensors", "step--0000005.safetensors"] {
      #expect(FileManager.default.fileExists(atPath: folder.checkpoints + "/" + name))
    }
  }

  @Test func aConfigurationThatWasCutIsRefused() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    let folder = try RunFolder.create(at: path, configuration: .init())
    let whole = try String(contentsOfFile: folder.configuration, encoding: .utf8)
    let lines = whole.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    func refusal(_ text: String) throws -> String? {
      try AtomicFile.write(text, to: folder.configuration)
      do {
        _ = try RunFolder.open(at: path, readOnly: true)
        return nil
      } catch { return "\(error)" }
    }
    for count in 0..<lines.count {
      let cut = lines.prefix(count).map { $0 + "\n" }.joined()
      #expect(try refusal(cut)?.contains("it is cut short") == true, "\(count) lines")
    }
    #expect(try refusal(whole) == nil)
    #expect(
      try refusal(whole.replacing("epochs: 300", with: "epochs: 301"))?.contains("checksum") == true
    )
    // Of an earlier version, or put there by hand.
    let unmarked = TrainingConfiguration().yaml()
    #expect(try refusal(unmarked) == nil)
    #expect(
      try refusal(String(unmarked.prefix(unmarked.count / 2)))?.contains("no section") == true)
  }

  @Test(arguments: [
    "config.yaml", "metrics.csv", "log.jsonl", "checkpoints/step-00000003.safetensors",
  ])
  func aPipeIsRefused(_ name: String) throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    _ = try RunFolder.create(at: path, configuration: .init())
    unlink("\(path)/\(name)")
    #expect(mkfifo("\(path)/\(name)", 0o600) == 0)
    expect("cannot read \(path)/\(name): it is not a regular file; move it away") {
      try RunFolder.open(at: path)
    }
  }

  @Test func refusalsNameTheFolder() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    _ = try RunFolder.create(at: path + "/run", configuration: .init())
    expect(
      "cannot create the run folder \(path)/run: it holds a run already; "
        + "continue that with --resume, or name another folder"
    ) { try RunFolder.create(at: path + "/run", configuration: .init()) }

    try AtomicFile.write("x", to: path + "/file")
    expect("cannot create the run folder \(path)/file/run: \(path)/file is a file") {
      try RunFolder.create(at: path + "/file/run", configuration: .init())
    }
    expect("cannot create the run folder /proc/run: No such file or directory") {
      try RunFolder.create(at: "/proc/run", configuration: .init())
    }
    expect(
      "cannot open the run folder \(path)/none: there is no such folder; "
        + "check the path, or leave out --resume to start a run"
    ) { try RunFolder.open(at: path + "/none") }
    expect("cannot open the run folder \(path)/file: it is a file; name a folder") {
      try RunFolder.open(at: path + "/file")
    }
    expect(
      "cannot open the run folder \(path): it holds no config.yaml, "
        + "so that it is not the folder of a run; check the path"
    ) { try RunFolder.open(at: path) }
  }
}
