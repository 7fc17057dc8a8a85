import Foundation
import JEPAData
import JEPAPoint
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPA

/// What a resumed run starts from, what it refuses, and runs that are asked to stop.
@Suite struct ResumeTests {
  /// Lines that a run had to say.
  private final class Lines: Sendable {
    private let lines = Lock<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private static let configuration = TrainingRunTests.configuration { $0.logging.keep = 3 }

  /// Two epochs of five steps; checkpoints after 3, 5, 6, 9 and 10.
  private static func finished(_ path: String) throws -> TrainingRun<PointHead> {
    let folder = try RunFolder.create(at: path, configuration: configuration)
    var run = try TrainingRunTests.run(configuration, in: folder)
    try run.run()
    return run
  }

  private static func refusal(
    _ configuration: TrainingConfiguration, _ folder: RunFolder,
    dataset: any ImageDataset = TrainingRunTests.dataset
  ) -> String? {
    do {
      _ = try TrainingRunTests.run(configuration, in: folder, resume: true, dataset: dataset)
      return nil
    } catch { return "\(error)" }
  }

  private static func flip(_ path: String, at place: Double) throws {
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[Int(Double(bytes.count - 1) * place)] ^= 1
    try bytes.write(to: URL(filePath: path))
  }

  @Test func theStepInAFileCountsNotItsName() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.finished(temporary.path + "/run").folder
    for step in [9, 10] { #expect(unlink(folder.checkpoint(step: step)) == 0) }
    #expect(rename(folder.checkpoint(step: 6), folder.checkpoint(step: 99)) == 0)
    let lines = Lines()
    var configuration = Self.configuration
    configuration.logging.keep = 1
    var run = try TrainingRunTests.run(configuration, in: folder, resume: true, log: lines.add)
    #expect(run.trainer.step == 6)
    #expect(lines.all.contains { $0.hasSuffix("it is renamed to step-00000006.safetensors") })
    #expect(folder.checkpointSteps() == [6])
    try run.run()
    #expect(folder.checkpointSteps().last == 10)
  }

  @Test func damagedAndMissingRowsAreToldAndEndNothing() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.finished(temporary.path + "/run").folder
    #expect(unlink(folder.checkpoint(step: 10)) == 0)
    var rows = try String(contentsOfFile: folder.metrics, encoding: .utf8)
      .split(separator: "\n").map(String.init)
    // The row of step 2 torn, that of step 4 gone.
    let torn = try #require(rows.firstIndex { $0.hasPrefix("2,") })
    rows[torn] = "2,1,0."
    rows.removeAll { $0.hasPrefix("4,") }
    try AtomicFile.write(rows.map { $0 + "\n" }.joined(), to: folder.metrics)
    let lines = Lines()
    var run = try TrainingRunTests.run(
      Self.configuration, in: folder, resume: true, log: lines.add)
    try run.run()
    #expect(lines.all.contains { $0.contains("1 damaged row is dropped") }, "\(lines.all)")
    #expect(
      lines.all.contains { $0.contains("2 rows at or before step 9 are missing") }, "\(lines.all)")
    #expect(try MetricsCSV.rows(of: folder.metrics).last?["step"] == 10)
    let told = try String(contentsOfFile: folder.log, encoding: .utf8)
    #expect(told.contains("dropped-rows") && told.contains("missing-rows"))
  }

  @Test func aDamagedCheckpointGivesWayToTheOneBefore() throws {
    let temporary = try TemporaryFolder()
    let whole = try Self.finished(temporary.path + "/run")
    let folder = whole.folder
    #expect(folder.checkpointSteps() == [6, 9, 10])
    // One flipped bit in the newest, the one before cut short.
    try Self.flip(folder.checkpoint(step: 10), at: 0.7)
    let cut = try Data(contentsOf: URL(filePath: folder.checkpoint(step: 9)))
    try cut.prefix(cut.count / 3).write(to: URL(filePath: folder.checkpoint(step: 9)))
    let lines = Lines()
    var run = try TrainingRunTests.run(
      Self.configuration, in: folder, resume: true, log: lines.add)
    #expect(run.trainer.step == 6)
    #expect(lines.all.count == 2)
    for (line, name) in zip(lines.all, ["step-00000010", "step-00000009"]) {
      #expect(line.hasPrefix("\(folder.checkpoints)/\(name).safetensors"), "\(line)")
      #expect(
        line.hasSuffix(
          "kept as \(name).safetensors.damaged, and step-00000006.safetensors is taken"))
    }
    #expect(folder.checkpointSteps().last == 6)
    try run.run()
    expectSameWeights(run.trainer.model, whole.trainer.model)
    expectSameWeights(run.trainer.targetEncoder, whole.trainer.targetEncoder)
    try Checkpoint.verify(URL(filePath: folder.checkpoint(step: 10)))
    let log = try String(contentsOfFile: folder.log, encoding: .utf8)
    #expect(log.split(separator: "\n").count { $0.contains("damaged-checkpoint") } == 2)
  }

  @Test func withoutAWholeCheckpointThereIsNoResuming() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.finished(temporary.path + "/run").folder
    for step in folder.checkpointSteps() {
      try Self.flip(folder.checkpoint(step: step), at: 0.5)
    }
    let names = folder.checkpointSteps()
    let line = try #require(Self.refusal(Self.configuration, folder))
    #expect(line.hasPrefix("cannot resume \(folder.path): no checkpoint is whole: "))
    #expect(line.hasSuffix("; start another run") && !line.contains("\n"))
    #expect(folder.checkpointSteps() == names, "nothing is moved where nothing can be taken")
  }

  /// Every byte counts: wherever one bit is flipped, opening or the checksum tells.
  @Test func everyFlippedBitIsFound() throws {
    let temporary = try TemporaryFolder()
    let url = URL(filePath: temporary.path + "/a.safetensors")
    try Checkpoint.write(TinyModel.trainer(), configuration: .init(), to: url)
    try Checkpoint.verify(url)
    let whole = try Data(contentsOf: url)
    let header = 8 + whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var random = RandomSource(seed: 2)
    let places =
      (0..<150).map { _ in random.integer(below: header) }
      + (0..<50).map { _ in header + random.integer(below: whole.count - header) }
    for place in places {
      var changed = whole
      changed[place] ^= UInt8(1) << UInt8(random.integer(below: 8))
      try changed.write(to: url)
      #expect(throws: SafetensorsError.self, "byte \(place)") { try Checkpoint.verify(url) }
    }
  }

  @Test func otherSettingsAreRefusedAndSomeAreTold() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.finished(temporary.path + "/run").folder
    let newest = folder.checkpoint(step: 10)
    var other = Self.configuration
    other.optimization.lr = 0.5
    other.optimization.epochs = 3
    #expect(
      Self.refusal(other, folder)
        == "cannot resume from \(newest): its run had other settings: optimization.lr was 0.001 and "
        + "is now 0.5; give the run's own, or start another run")
    other = Self.configuration
    other.optimization.epochs = 3
    other.logging.logFreq = 1
    other.meta.threads = 1
    let lines = Lines()
    var run = try TrainingRunTests.run(other, in: folder, resume: true, log: lines.add)
    #expect(
      lines.all == [
        "optimization.epochs was 2 and is now 3", "logging.log_freq was 2 and is now 1",
      ])
    try run.run()
    #expect(run.trainer.step == 15)
  }

  @Test func otherDataAreRefused() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.finished(temporary.path + "/run").folder
    for (count, seed) in [(23, UInt64(3)), (22, 4)] {
      let other = ProceduralScenes(count: count, seed: seed, height: 16, width: 16)
      let line = try #require(Self.refusal(Self.configuration, folder, dataset: other))
      #expect(line.contains("the data differ: they were 22 images in "), "\(line)")
      #expect(line.contains(", and are \(count) images in ") && line.contains("start another run"))
    }
  }

  /// A stop after each step, and a stop that falls on an evaluation.
  @Test func runsThatStopOnRequestEndWithTheSameBits() throws {
    let temporary = try TemporaryFolder()
    let configuration = TrainingRunTests.configuration {
      $0.logging.checkpointSteps = nil
      $0.evaluation.every = 1
    }
    func callbacks(stops: Bool) -> TrainingCallbacks<PointHead> {
      var callbacks = TrainingCallbacks<PointHead>()
      callbacks.diagnosticColumns = ["weight_norm"]
      callbacks.diagnostics = { _, trainer in
        ["weight_norm": trainer.model.head.proj.weight.norm()]
      }
      // Asked before the first step too.
      var asked = 0
      callbacks.shouldStop = {
        asked += 1
        return stops && asked > 1
      }
      return callbacks
    }
    let whole = try RunFolder.create(at: temporary.path + "/whole", configuration: configuration)
    var expected = try TrainingRunTests.run(configuration, in: whole)
    #expect(try expected.run(callbacks(stops: false)) == .finished)

    let cut = try RunFolder.create(at: temporary.path + "/cut", configuration: configuration)
    for step in 1...10 {
      var run = try TrainingRunTests.run(configuration, in: cut, resume: true)
      #expect(run.trainer.step == step - 1)
      #expect(try run.run(callbacks(stops: true)) == .stopped(step: step))
      #expect(cut.checkpointSteps().last == step)
    }
    // The evaluation after the last step is still to come, and comes once.
    for _ in 0..<2 {
      var last = try TrainingRunTests.run(configuration, in: cut, resume: true)
      #expect(try last.run(callbacks(stops: true)) == .finished)
      expectSameWeights(last.trainer.model, expected.trainer.model)
      expectSameWeights(last.trainer.targetEncoder, expected.trainer.targetEncoder)
      #expect(try TrainingRunTests.rows(cut) == TrainingRunTests.rows(whole))
    }
  }
}
