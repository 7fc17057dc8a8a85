import Foundation
import JEPAData
import JEPAPoint
import JEPATestSupport
import Testing

@testable import JEPA

/// Faults in training, and what is done about them.
@Suite struct WatchdogTests {
  private static func watchdog(
    _ change: (inout WatchdogConfiguration) -> Void
  ) -> Watchdog {
    var settings = WatchdogConfiguration()
    change(&settings)
    return Watchdog(settings)
  }

  /// Losses 1 to 9: median 5, distances 4 3 2 1 0 1 2 3 4 of median 2, deviation 2.9652.
  @Test func spikesByHand() {
    var dog = Self.watchdog {
      $0.lossSpike = .skip
      $0.spikeDeviations = 2
    }
    for loss in 1...7 { dog.accept(Double(loss)) }
    #expect(dog.spike(1e9) == nil, "seven losses are too few")
    for loss in 8...9 { dog.accept(Double(loss)) }
    #expect(dog.spike(5 + 2 * 2.9652 - 1e-9) == nil)
    #expect(
      dog.spike(5 + 3 * 2.9652)
        == "loss 13.8956 is 3.0 deviations above the median 5 of the last 9 steps")
    #expect(dog.spike(-1e9) == nil, "a loss that falls is no fault")
    #expect(Self.watchdog { _ in }.spike(1e9) == nil)
  }

  @Test func theWindowForgets() {
    var dog = Self.watchdog {
      $0.lossSpike = .stop
      $0.spikeWindow = 8
    }
    for loss in 0..<100 { dog.accept(Double(loss)) }
    #expect(dog.memory.losses == (92..<100).map(Double.init))
    var copy = Self.watchdog { $0.lossSpike = .stop }
    copy.restore(dog.saved)
    #expect(copy.memory == dog.memory)
    copy.restore("no JSON")
    #expect(copy.memory == Watchdog.Memory())
  }

  private static func configuration(
    _ change: (inout TrainingConfiguration) -> Void
  ) -> TrainingConfiguration {
    TrainingRunTests.configuration {
      $0.optimization.epochs = 6
      $0.logging.checkpointSteps = 3
      $0.logging.logFreq = 1
      change(&$0)
    }
  }

  private static func log(_ folder: RunFolder, _ event: String) throws -> [[String: String]] {
    try String(contentsOfFile: folder.log, encoding: .utf8).split(separator: "\n").compactMap {
      let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      let strings = object?.mapValues { "\($0)" }
      return strings?["event"] == event ? strings : nil
    }
  }

  /// With a bound that ordinary losses break now and then, so that there is something to do: interrupted
  /// runs still end with the bits of undisturbed ones.
  @Test(arguments: [WatchdogPolicy.skip, .rollback])
  func spikesArePassedOver(_ policy: WatchdogPolicy) throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration {
      $0.watchdog.lossSpike = policy
      $0.watchdog.spikeDeviations = 1.2
      $0.watchdog.limit = 30
    }
    let whole = try RunFolder.create(at: temporary.path + "/whole", configuration: configuration)
    var expected = try TrainingRunTests.run(configuration, in: whole)
    #expect(try expected.run() == .finished)
    #expect(expected.trainer.step == 30)
    let events = try Self.log(whole, "loss-spike")
    #expect(!events.isEmpty)
    let passed = events.compactMap { $0["step"].flatMap(Double.init) }
    let rows = try TrainingRunTests.rows(whole)
    #expect(
      rows.compactMap { $0["step"] } == (1...30).map(Double.init).filter { !passed.contains($0) })
    #expect(events.allSatisfy { $0["cause"]?.hasPrefix("loss ") == true && $0["action"] != nil })

    let cut = try RunFolder.create(at: temporary.path + "/cut", configuration: configuration)
    var outcome: TrainingOutcome?
    while outcome != .finished {
      var run = try TrainingRunTests.run(configuration, in: cut, resume: true)
      var callbacks = TrainingCallbacks<PointHead>()
      var taken = 0
      callbacks.shouldStop = {
        taken += 1
        return taken == 4
      }
      outcome = try run.run(callbacks)
      if outcome == .finished {
        expectSameWeights(run.trainer.model, expected.trainer.model)
        expectSameWeights(run.trainer.targetEncoder, expected.trainer.targetEncoder)
        #expect(run.watchdog.memory == expected.watchdog.memory)
      }
    }
    #expect(try TrainingRunTests.rows(cut) == rows)
  }

  /// The watchdog that finds nothing changes no bit.
  @Test func watchingChangesNothing() throws {
    let temporary = try TemporaryFolder()
    let plain = Self.configuration { _ in }
    let watched = Self.configuration {
      $0.watchdog.lossSpike = .rollback
      $0.watchdog.spikeDeviations = 1e6
      $0.watchdog.notFinite = .skip
    }
    var models: [TrainingRun<PointHead>] = []
    for (name, configuration) in [("plain", plain), ("watched", watched)] {
      let folder = try RunFolder.create(
        at: temporary.path + "/" + name, configuration: configuration)
      var run = try TrainingRunTests.run(configuration, in: folder)
      try run.run()
      models.append(run)
    }
    expectSameWeights(models[1].trainer.model, models[0].trainer.model)
  }

  @Test(arguments: [WatchdogPolicy.skip, .rollback])
  func divergenceEndsAtTheLimit(_ policy: WatchdogPolicy) throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration {
      $0.optimization.startLR = 1e38
      $0.optimization.lr = 1e38
      $0.optimization.clipGrad = nil
      $0.watchdog.notFinite = policy
      $0.watchdog.limit = 3
    }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try TrainingRunTests.run(configuration, in: folder)
    #expect(throws: TrainingError.self) { try run.run() }
    let events = try Self.log(folder, "not-finite")
    #expect(events.count == 4)
    #expect(events.last?["action"] == "stop")
    #expect(events.allSatisfy { $0["cause"]?.contains("finite") == true })
    for step in folder.checkpointSteps() {
      try Checkpoint.verify(URL(filePath: folder.checkpoint(step: step)))
    }
  }

  /// A rank that is too low after the third epoch.
  @Test(arguments: [WatchdogPolicy.none, .stop, .rollback])
  func collapsedRank(_ policy: WatchdogPolicy) throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration {
      $0.logging.checkpointSteps = nil
      $0.watchdog.rankCollapse = policy
    }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try TrainingRunTests.run(configuration, in: folder)
    var models: [Int: JEPAModel<PointHead>] = [:]
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.diagnosticColumns = ["effective_rank"]
    callbacks.diagnostics = { epoch, trainer in
      models[trainer.step] = trainer.model
      return ["effective_rank": epoch == 3 ? 1.5 : 9]
    }
    func runToTheEnd() throws { try run.run(callbacks) }
    if policy == .stop {
      let error = #expect(throws: TrainingError.self) { try runToTheEnd() }
      #expect(
        "\(try #require(error))".contains("effective rank 1.500 is below watchdog.rank_floor 2.000")
      )
      #expect(run.trainer.step == 15)
      return
    }
    try runToTheEnd()
    #expect(run.trainer.step == 30)
    let events = try Self.log(folder, "rank-collapse")
    #expect(events.map { $0["step"] } == (policy == .rollback ? ["15"] : []))
    let steps = try TrainingRunTests.rows(folder).compactMap {
      $0["loss"] == nil ? nil : $0["step"]
    }
    #expect(steps == (1...30).map(Double.init))
    guard policy == .rollback else { return }
    // A run that is resumed right after it goes the same way.
    let again = try RunFolder.create(at: temporary.path + "/again", configuration: configuration)
    var first = try TrainingRunTests.run(configuration, in: again)
    var stopping = callbacks
    stopping.shouldStop = { models[15] != nil }
    models = [:]
    #expect(try first.run(stopping) == .stopped(step: 15))
    let tenth = try #require(models[10])
    expectSameWeights(first.trainer.model, tenth)
    var second = try TrainingRunTests.run(configuration, in: again, resume: true)
    expectSameWeights(second.trainer.model, tenth)
    try second.run(callbacks)
    expectSameWeights(second.trainer.model, run.trainer.model)
    #expect(try Self.log(again, "rank-collapse").count == 1)
  }

  @Test func settingsThatContradict() {
    for (key, value, part) in [
      ("watchdog.not_finite", "none", "must be stop, skip or rollback"),
      ("watchdog.rank_collapse", "skip", "must be none, stop or rollback"),
      ("watchdog.loss_spike", "off", "must be one of none, stop, skip, rollback"),
      ("watchdog.spike_window", "7", "must lie between 8 and 4096"),
    ] {
      #expect(
        "\(message { try TrainingConfiguration().applying(overrides: ["\(key)=\(value)"]) })"
          .contains(part))
    }
    #expect(
      message {
        try TrainingConfiguration().applying(
          overrides: ["watchdog.rank_collapse=stop", "evaluation.every=0"])
      }.contains("evaluation.every is 0, so that the rank is never measured"))
  }

  private func message(_ body: () throws -> some Any) -> String {
    do {
      _ = try body()
      return ""
    } catch { return "\(error)" }
  }
}
