import Foundation
import JEPA
import JEPAData
import JEPAPoint
import JEPATestSupport
import Testing

@Suite struct TrainingRunTests {
  private struct Interruption: Error {}

  /// Two epochs of five steps; a checkpoint every third step.
  static func configuration(
    _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var result = TrainingConfiguration()
    result.data.batchSize = 4
    result.data.cropSize = 16
    result.data.numWorkers = 1
    result.data.useHorizontalFlip = true
    result.mask.patchSize = 4
    result.mask.minKeep = 2
    result.meta.modelName = "vit_tiny"
    result.meta.embedDim = 16
    result.meta.depth = 2
    result.meta.numHeads = 2
    result.meta.predDepth = 1
    result.meta.predEmbDim = 8
    result.meta.seed = 5
    result.optimization.epochs = 2
    result.optimization.warmup = 1
    result.optimization.dropPath = 0.2
    result.optimization.clipGrad = 1
    result.target.helmert = true
    result.target.noise = 0.1
    result.target.whitening = true
    result.logging.logFreq = 2
    result.logging.checkpointSteps = 3
    change(&result)
    return result
  }

  static let dataset = ProceduralScenes(count: 22, seed: 3, height: 16, width: 16)

  static func run(
    _ configuration: TrainingConfiguration, in folder: RunFolder, resume: Bool = false,
    dataset: any ImageDataset = dataset, log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> TrainingRun<PointHead> {
    try TrainingRun(
      configuration, folder: folder,
      model: configuration.model { context, target, random in
        PointHead(contextDimensions: context, targetDimensions: target, using: &random)
      }, dataset: dataset, resume: resume, log: log)
  }

  /// An optimizer and schedules from outside take the place of the configuration's, in a run that resumes.
  @Test func partsComeFromCode() throws {
    struct Constant: Schedule {
      func value(at step: Int) -> Double { 0.0125 }
    }
    let configuration = Self.configuration { $0.target.whitening = false }
    var parts = TrainingParts()
    parts.optimizer = Lion()
    parts.schedule = { schedule in
      var schedule = schedule
      schedule.learningRate = Constant()
      return schedule
    }
    func run(_ folder: RunFolder, resume: Bool = false, parts: TrainingParts) throws
      -> TrainingRun<PointHead>
    {
      try TrainingRun(
        configuration, folder: folder,
        model: configuration.model { context, target, random in
          PointHead(contextDimensions: context, targetDimensions: target, using: &random)
        }, dataset: Self.dataset, resume: resume, parts: parts, log: { _ in })
    }
    let place = try TemporaryFolder()
    let folder = try RunFolder.create(at: place.path + "/run", configuration: configuration)
    var first = try run(folder, parts: parts)
    var rates: Set<Double> = []
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.step = { rates.insert($0.settings.learningRate) }
    callbacks.shouldStop = { rates.count == 1 }
    #expect(try first.run(callbacks) == .stopped(step: 1))
    #expect(rates == [0.0125])
    var resumed = try run(folder, resume: true, parts: parts)
    #expect(resumed.trainer.step == 1 && resumed.trainer.optimizer is Lion)
    #expect(try resumed.run() == .finished)
    #expect(throws: SafetensorsError.self) {
      try run(folder, resume: true, parts: TrainingParts())
    }
  }

  /// Diagnostics that are functions of the state, so that resumed runs must log the same.
  private static func callbacks(
    stopAfter stop: Int? = nil, seen: @escaping (TrainingProgress) -> Void = { _ in }
  ) -> TrainingCallbacks<PointHead> {
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.diagnosticColumns = ["weight_norm"]
    callbacks.diagnostics = { epoch, trainer in
      ["epoch": Double(epoch), "weight_norm": trainer.model.head.proj.weight.norm()]
    }
    callbacks.step = { progress in
      seen(progress)
      if progress.step == stop { throw Interruption() }
    }
    return callbacks
  }

  /// The rows of `metrics.csv` without what depends on the clock.
  static func rows(_ folder: RunFolder) throws -> [[String: Double]] {
    try MetricsCSV.rows(of: folder.metrics).map { row in
      row.filter { $0.key != "images_per_second" }
    }
  }

  @Test func interruptedRunsEndWithTheSameBits() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration()
    let whole = try RunFolder.create(at: temporary.path + "/whole", configuration: configuration)
    var expected = try Self.run(configuration, in: whole)
    try expected.run(Self.callbacks())
    #expect(expected.trainer.step == 10)
    let expectedRows = try Self.rows(whole)
    for stop in [1, 3, 4, 7, 9] {
      let folder = try RunFolder.create(
        at: temporary.path + "/stopped-\(stop)", configuration: configuration)
      var first = try Self.run(configuration, in: folder)
      #expect(throws: Interruption.self) { try first.run(Self.callbacks(stopAfter: stop)) }
      var second = try Self.run(configuration, in: folder, resume: true)
      // The step that was stopped had not reached its checkpoint yet.
      #expect(second.trainer.step == [1: 0, 3: 0, 4: 3, 7: 6, 9: 6][stop])
      try second.run(Self.callbacks())
      expectSameWeights(second.trainer.model, expected.trainer.model, "stopped at \(stop)")
      expectSameWeights(second.trainer.targetEncoder, expected.trainer.targetEncoder)
      #expect(try Self.rows(folder) == expectedRows, "stopped at \(stop)")
    }
  }

  @Test func metricsHoldEveryLoggedStep() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration()
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try Self.run(configuration, in: folder)
    #expect(run.steps == 10 && run.loader.stepsPerEpoch == 5)
    var losses: [Int: Double] = [:]
    var contexts: [Int: Int] = [:]
    try run.run(
      Self.callbacks { progress in
        losses[progress.step] = progress.report.loss
        contexts[progress.step] = progress.report.contextTokens
        #expect(progress.report.step == progress.step - 1)
        #expect(progress.epoch == (progress.step + 4) / 5)
        #expect(progress.steps == 10 && progress.epochs == 2)
        #expect(progress.imagesPerSecond > 0)
      })
    #expect(losses.count == 10)
    let rows = try MetricsCSV.rows(of: folder.metrics)
    let training = rows.filter { $0["loss"] != nil }
    #expect(training.map { $0["step"] } == [2, 4, 6, 8, 10])
    for row in training {
      let step = Int(row["step"] ?? 0)
      #expect(row["loss"] == losses[step])
      #expect(row["context_tokens"] == contexts[step].map(Double.init))
      #expect(row["learning_rate"] == run.schedule.learningRate.value(at: step - 1))
      #expect(row["weight_decay"] == run.schedule.weightDecay.value(at: step - 1))
      #expect(row["momentum"] == run.schedule.momentum.value(at: step - 1))
      for column in TrainingRun<PointHead>.columns { #expect(row[column] != nil, "\(column)") }
    }
    // Before the first step and after each epoch.
    let diagnostics = rows.filter { $0["weight_norm"] != nil }
    #expect(diagnostics.map { $0["step"] } == [0, 5, 10])
    #expect(diagnostics.map { $0["epoch"] } == [0, 1, 2])
  }

  @Test(
    arguments: [
      (3, 1, 1, [5, 10]), (3, 1, 2, [10]), (3, 2, 1, [5, 9, 10]), (3, 2, 2, [9, 10]),
      (nil, 1, 1, [5, 10]), (nil, 1, 2, [10]), (4, 3, 3, [5, 8, 10]),
    ] as [(Int?, Int, Int, [Int])])
  func checkpointRetention(
    _ steps: Int?, _ keep: Int, _ frequency: Int, _ expected: [Int]
  ) throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration {
      $0.logging.checkpointSteps = steps
      $0.logging.keep = keep
      $0.logging.checkpointFreq = frequency
    }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try Self.run(configuration, in: folder)
    try run.run()
    #expect(folder.checkpointSteps() == expected)
  }

  @Test func finishedRunsHaveNothingToDo() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration { $0.evaluation.every = 0 }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try Self.run(configuration, in: folder)
    try run.run()
    let rows = try MetricsCSV.rows(of: folder.metrics)
    #expect(rows.allSatisfy { $0["loss"] != nil })
    var again = try Self.run(configuration, in: folder, resume: true)
    try again.run(Self.callbacksWithoutColumns { Issue.record("step \($0.step)") })
    expectSameWeights(again.trainer.model, run.trainer.model)
    #expect(try MetricsCSV.rows(of: folder.metrics) == rows)
  }

  private static func callbacksWithoutColumns(
    _ seen: @escaping (TrainingProgress) -> Void
  ) -> TrainingCallbacks<PointHead> {
    var callbacks = TrainingCallbacks<PointHead>()
    callbacks.step = seen
    return callbacks
  }

  @Test func dataSetsSmallerThanABatchAreRefused() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration { $0.data.batchSize = 32 }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    do {
      _ = try Self.run(configuration, in: folder)
      Issue.record("no error")
    } catch let error as ConfigurationError {
      #expect(error.key == "data.batch_size")
      #expect(
        "\(error)".hasSuffix(
          "data.batch_size is 32, more than the 22 training images; lower it to 22 or less"))
    }
  }

  /// A diverging run stops at the step it names; the last checkpoint is whole.
  @Test func divergenceLeavesTheLastCheckpoint() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration {
      $0.optimization.startLR = 0
      $0.optimization.lr = 1e38
      $0.optimization.warmup = 1
      $0.optimization.clipGrad = nil
      $0.logging.checkpointSteps = 1
    }
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try Self.run(configuration, in: folder)
    do {
      try run.run()
      Issue.record("no error")
    } catch let error as TrainingError {
      guard case .notFinite(let step, _) = error else { return }
      #expect(step == run.trainer.step + 1 && step > 1)
      #expect(folder.checkpointSteps().last == step - 1)
    }
    let resumed = try Self.run(configuration, in: folder, resume: true)
    expectSameWeights(resumed.trainer.model, run.trainer.model)
  }

  /// Without `resume` the newest checkpoint is not looked at.
  @Test func runsStartAfreshUnlessResumed() throws {
    let temporary = try TemporaryFolder()
    let configuration = Self.configuration()
    let folder = try RunFolder.create(at: temporary.path + "/run", configuration: configuration)
    var run = try Self.run(configuration, in: folder)
    try run.run()
    #expect(try Self.run(configuration, in: folder).trainer.step == 0)
  }

  @Test func initialWeightsDependOnTheSeedAlone() throws {
    let temporary = try TemporaryFolder()
    func start(_ configuration: TrainingConfiguration, _ name: String) throws -> JEPAModel<
      PointHead
    > {
      let folder = try RunFolder.create(
        at: temporary.path + "/" + name, configuration: configuration)
      return try Self.run(configuration, in: folder).trainer.model
    }
    let first = try start(Self.configuration(), "a")
    expectSameWeights(try start(Self.configuration { $0.data.batchSize = 2 }, "b"), first)
    let other = try start(Self.configuration { $0.meta.seed = 6 }, "c")
    #expect(other.head.proj.weight.doubles() != first.head.proj.weight.doubles())
    let plain = try start(Self.configuration { $0.meta.depthScaledInit = false }, "d")
    expectClose(
      plain.encoder.blocks[1].attn.proj.weight, first.encoder.blocks[1].attn.proj.weight * 2,
      relative: 1e-6)
  }
}
