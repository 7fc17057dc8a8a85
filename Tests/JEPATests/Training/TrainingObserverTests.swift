import Foundation
import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

@Suite struct TrainingObserverTests {
  private final class Journal: TrainingObserver {
    let lines = Lock<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }

    func tookStep<Head: DensityPredictor>(
      _ progress: TrainingProgress, trainer: Trainer<Head>
    ) throws {
      #expect(trainer.step == progress.step)
      add("step \(progress.step)")
    }
    func finishedEpoch<Head: DensityPredictor>(_ epoch: Int, trainer: Trainer<Head>) throws {
      add("epoch \(epoch)")
    }
    func evaluated<Head: DensityPredictor>(
      _ values: [String: Double], epoch: Int, trainer: Trainer<Head>
    ) throws { add("evaluated \(epoch): \(values["rows"] ?? -1)") }
    func saved<Head: DensityPredictor>(checkpoint path: String, trainer: Trainer<Head>) throws {
      let step = try Checkpoint.weights(for: trainer.model, from: URL(filePath: path)).step
      add("saved \(step)")
    }
  }

  /// Everything in its order; a column that was not announced is added to the metrics, also in a resumed run.
  @Test func observersAreToldEverything() throws {
    let place = try TemporaryFolder()
    let configuration = TrainingRunTests.configuration { $0.evaluation.every = 1 }
    let folder = try RunFolder.create(at: place.path + "/run", configuration: configuration)
    let journal = Journal()
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.observers = [journal]
    callbacks.diagnostics = { epoch, _ in ["rows": Double(epoch)] }
    var count = 0
    callbacks.step = { _ in count += 1 }
    callbacks.shouldStop = { count == 2 }
    var first = try TrainingRunTests.run(configuration, in: folder)
    #expect(try first.run(callbacks) == .stopped(step: 2))
    callbacks.shouldStop = { false }
    var second = try TrainingRunTests.run(configuration, in: folder, resume: true)
    #expect(try second.run(callbacks) == .finished)
    #expect(
      journal.lines.withLock { $0 } == [
        "evaluated 0: 0.0", "step 1", "step 2", "saved 2", "step 3", "saved 3", "step 4", "step 5",
        "saved 5", "epoch 1", "evaluated 1: 1.0", "step 6", "saved 6", "step 7", "step 8", "step 9",
        "saved 9", "step 10", "saved 10", "epoch 2", "evaluated 2: 2.0",
      ])
    let rows = try MetricsCSV.rows(of: folder.metrics)
    #expect(rows.compactMap { $0["rows"] } == [0, 1, 2])
    #expect(rows.compactMap { $0["loss"] }.count >= 5)
  }
}
