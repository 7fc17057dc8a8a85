import Foundation
import JEPAData
import JEPADistributed
import JEPAPoint
import JEPATestSupport
import Testing

@testable import JEPA

/// Whole runs by several ranks, in one run folder.
@Suite struct RankRunTests {
  private struct Interruption: Error {}

  /// With whitening, noise, stochastic depth; see `TrainingRunTests`.
  private static let configuration = TrainingRunTests.configuration { $0.logging.keep = 9 }

  private static func run(
    _ ranks: any Communicator, _ path: String, resume: Bool = false,
    _ configuration: TrainingConfiguration = configuration, stopAfter stop: Int? = nil,
    dataset: any ImageDataset = TrainingRunTests.dataset
  ) throws -> (UInt32, TrainingOutcome) {
    let folder = try ranks.together {
      ranks.rank > 0
        ? RunFolder.ofAnotherProcess(at: path)
        : resume
          ? try RunFolder.open(at: path)
          : try RunFolder.create(at: path, configuration: configuration)
    }
    var run = try TrainingRun(
      configuration, folder: folder,
      model: configuration.model { context, target, random in
        PointHead(contextDimensions: context, targetDimensions: target, using: &random)
      }, dataset: dataset, resume: resume, communicator: ranks, log: { _ in })
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.diagnosticColumns = ["weight_norm"]
    callbacks.diagnostics = { epoch, trainer in
      #expect(ranks.rank == 0)
      return ["weight_norm": trainer.model.head.proj.weight.norm()]
    }
    // The last one to ask for it.
    var asked = false
    callbacks.step = { asked = ranks.rank == ranks.count - 1 && $0.step == stop }
    callbacks.shouldStop = { asked }
    let outcome = try run.run(callbacks)
    return (run.trainer.stateChecksum, outcome)
  }

  /// Four threads, two ranks of two, four of one: the same bits, the same metrics. One of them is stopped by
  /// its last rank and goes on with another number of ranks.
  @Test func runsResumeWithAnotherNumberOfProcesses() throws {
    let temporary = try TemporaryFolder()
    func path(_ name: String) -> String { temporary.path + "/" + name }
    let alone = try Parallelism.withThreads(4) {
      try Self.run(SingleProcess(), path("alone"))
    }
    #expect(alone.1 == .finished)
    let cut = path("cut")
    let stopped = try ThreadRanks.run(4) { ranks in
      try Parallelism.withThreads(1) { try Self.run(ranks, cut, stopAfter: 7) }
    }
    #expect(stopped.map(\.1) == Array(repeating: .stopped(step: 7), count: 4))
    let resumed = try ThreadRanks.run(2) { ranks in try Self.run(ranks, cut, resume: true) }
    for state in resumed {
      #expect(state.0 == alone.0 && state.1 == .finished)
    }
    let rows = try TrainingRunTests.rows(RunFolder.open(at: cut, readOnly: true))
    #expect(
      rows
        == (try TrainingRunTests.rows(
          RunFolder.open(at: path("alone"), readOnly: true))))
    let log = try String(contentsOfFile: cut + "/log.jsonl", encoding: .utf8)
      .split(separator: "\n")
    #expect(log.count == 4)
    #expect(log[0].contains("\"processes\":\"4\"") && log[2].contains("\"processes\":\"2\""))
    #expect(log[3].contains("\"state\":\"\(CRC32C.digits(alone.0))\""))
  }

  /// More processes than shards: batches are cut anew, and the run's log says so.
  @Test func moreProcessesThanShardsCutBatchesAnew() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/run"
    let first = try Parallelism.withThreads(1) {
      try Self.run(SingleProcess(), path, stopAfter: 4)
    }
    #expect(first.1 == .stopped(step: 4))
    let ends = try ThreadRanks.run(3) { ranks in try Self.run(ranks, path, resume: true) }
    #expect(ends.allSatisfy { $0.0 == ends[0].0 && $0.1 == .finished })
    let log = try String(contentsOfFile: path + "/log.jsonl", encoding: .utf8)
    #expect(log.contains("\"event\":\"changed-shards\"") && log.contains("\"new\":\"3\""))
    // Two ranks add three shards up as three do, a + (b + c): nothing is told of them.
    let two = try ThreadRanks.run(2) { ranks in try Self.run(ranks, path, resume: true) }
    #expect(two.allSatisfy { $0.0 == ends[0].0 })
    #expect(
      try !String(contentsOfFile: path + "/log.jsonl", encoding: .utf8)
        .contains("changed-processes"))
    let newest = try RunFolder.open(at: path, readOnly: true)
    #expect(try Checkpoint.shards(at: URL(filePath: newest.checkpoint(step: 10))) == 3)
  }

  /// Three ranks add four shards up in another order than four do, and say so.
  @Test func anotherOrderOfAdditionsIsTold() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/run"
    let four = try ThreadRanks.run(4) { ranks in
      try Parallelism.withThreads(1) { try Self.run(ranks, path) }
    }
    let three = try ThreadRanks.run(3) { ranks in try Self.run(ranks, path, resume: true) }
    #expect(three.allSatisfy { $0.0 == four[0].0 })
    #expect(
      try String(contentsOfFile: path + "/log.jsonl", encoding: .utf8)
        .contains(#""event":"changed-processes","new":"3","old":"4""#))
  }

  /// The reference's masks are cut to the shortest of the whole batch, wherever that is.
  @Test func referenceMasksAreThoseOfTheWholeBatch() throws {
    let temporary = try TemporaryFolder()
    let configuration = TrainingRunTests.configuration {
      $0.mask.reference = true
      $0.evaluation.every = 0
    }
    let alone = try Parallelism.withThreads(2) {
      try Self.run(SingleProcess(), temporary.path + "/alone", configuration)
    }
    let path = temporary.path + "/ranks"
    let ranks = try ThreadRanks.run(2) { ranks in
      try Parallelism.withThreads(1) { try Self.run(ranks, path, configuration) }
    }
    #expect(ranks.map(\.0) == [alone.0, alone.0])
  }

  @Test func whatOneRefusesEndsAll() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/run"
    func failures(
      _ configuration: TrainingConfiguration,
      _ dataset: @escaping @Sendable (Int) -> any ImageDataset
    ) throws -> [String] {
      try ThreadRanks.run(3) { ranks in
        do {
          _ = try Self.run(ranks, path, configuration, dataset: dataset(ranks.rank))
          return ""
        } catch let error as JointFailure {
          return "\(error.rank): \(error.cause.map { "\($0)" } ?? "-")"
        }
      }
    }
    let other = ProceduralScenes(count: 23, seed: 3, height: 16, width: 16)
    let data = try failures(Self.configuration) { $0 == 2 ? other : TrainingRunTests.dataset }
    #expect(data[0] == "2: -" && data[1] == "2: -")
    #expect(data[2].hasPrefix("2: its data (23 images in ") && data[2].contains("of process 0 (22"))
    let small = TrainingRunTests.configuration { $0.data.batchSize = 2 }
    try FileManager.default.removeItem(atPath: path)
    let batch = try failures(small) { _ in TrainingRunTests.dataset }
    #expect(batch[0].contains("data.batch_size is 2, less than the 3 processes"), "\(batch)")
    #expect(batch[1] == "0: -" && batch[2] == "0: -")
  }
}
