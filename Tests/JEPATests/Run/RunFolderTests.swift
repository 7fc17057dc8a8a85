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

  @Test func listsAndRemovesCheckpoints() throws {
    let temporary = try TemporaryFolder()
    let folder = try RunFolder.create(at: temporary.path, configuration: .init())
    #expect(folder.checkpointSteps() == [])
    #expect(folder.checkpoint(step: 7) == temporary.path + "/checkpoints/step-00000007.safetensors")
    for step in [300, 7, 123_456_789, 20] {
      try AtomicFile.write("x", to: folder.checkpoint(step: step))
    }
    try AtomicFile.write("x", to: folder.checkpoints + "/step-x.safetensors")
    try AtomicFile.write("x", to: folder.checkpoints + "/notes.txt")
    #expect(folder.checkpointSteps() == [7, 20, 300, 123_456_789])
    try folder.removeCheckpoints(keepingNewest: 2) { $0 == 7 }
    #expect(folder.checkpointSteps() == [7, 300, 123_456_789])
    #expect(FileManager.default.fileExists(atPath: folder.checkpoints + "/notes.txt"))
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
