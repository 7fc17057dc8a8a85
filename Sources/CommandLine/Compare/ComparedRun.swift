import Foundation
import JEPA
import JEPADensity
import JEPAEval

/// One model of a comparison: a run folder, and beside what training leaves there its evaluations. Each
/// part is skipped where it is done.
struct ComparedRun {
  static let features = "evaluation.json"
  static let uncertainty = "uncertainty.json"
  static let scores = "scores.safetensors"
  static let cost = "cost.json"

  let configuration: TrainingConfiguration
  let path: String
  let features: FeatureEvaluation
  let samples: Int
  let images: Int
  /// Floors that are known already.
  let floors: [String: EvaluationReport]

  // MARK: Training

  /// Begins the run with the newest checkpoint and the metrics of another that is trained alike; does
  /// nothing where the run is there already.
  ///
  /// - Returns: whether it did.
  func takeTraining(of twin: String) throws -> Bool {
    guard !FileManager.default.fileExists(atPath: path + "/config.yaml") else { return false }
    let source = try RunFolder.open(at: twin, readOnly: true)
    guard let step = source.checkpointSteps().last else { return false }
    let folder = try RunFolder.create(at: path, configuration: configuration)
    func copy(_ file: String, to place: String) throws {
      // Under a name that a run clears away, until it is whole.
      let partial = folder.checkpoints + "/.copy.partial"
      try? FileManager.default.removeItem(atPath: partial)
      try FileManager.default.copyItem(atPath: file, toPath: partial)
      guard rename(partial, place) == 0 else {
        throw FileError(path: place, action: "write", reason: String(cString: strerror(errno)))
      }
    }
    try copy(source.metrics, to: folder.metrics)
    // Last: a run without a checkpoint is trained from its beginning.
    try copy(source.checkpoint(step: step), to: folder.checkpoint(step: step))
    let memory = Self.decoded(twin + "/" + Self.cost, CostFigures.self)?.peakMemoryBytes
    try writeCost(steps: step, peakMemory: memory)
    return true
  }

  private func writeCost(steps: Int, peakMemory: Int?) throws {
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    let cost = try CostMeasurement(configuration: configuration, path: path, steps: steps)
      .figures(peakMemory: peakMemory)
    try write(cost.json(), to: Self.cost)
  }

  /// Trains, or continues, to the end; what it took goes to `cost.json`.
  func train() throws {
    StopSignals.listen()
    defer { Self.endAtSignal() }
    let exists = FileManager.default.fileExists(atPath: path + "/config.yaml")
    let folder = exists ? try RunFolder.open(at: path, readOnly: true) : nil
    if let folder { try configuration.requireSame(as: folder) }
    let job = try TrainingJob(configuration, path: path, resume: exists)
    let steps =
      configuration.optimization.epochs * configuration.loader(for: job.train).stepsPerEpoch
    let isComplete = (folder?.checkpointSteps().last ?? 0) >= steps
    var memory: Int?
    if !isComplete {
      StorageAllocator.shared.trim()
      let isFresh = PeakMemory.reset()
      do {
        try job.run()
      } catch var stopped as StoppedRun {
        stopped.continuation = Self.continuation
        throw stopped
      }
      if isFresh { memory = PeakMemory.bytes }
    }
    let earlier = decoded(Self.cost, CostFigures.self)
    if earlier?.step != steps || memory != nil {
      try writeCost(steps: steps, peakMemory: memory ?? earlier?.peakMemoryBytes)
    }
    // One that came with the last step, after which training does not ask, or where nothing was left to train.
    if let signal = StopSignals.received {
      throw StoppedRun(
        path: path, step: steps, steps: steps, signal: signal, continuation: Self.continuation)
    }
  }

  private static let continuation = "the same command"

  /// What is not training is done again by the next start, and a signal ends it at once.
  static func endAtSignal() {
    StopSignals.endAtOnce(
      status: StoppedRun.status, saying: "what is done is kept; continue with \(continuation)")
  }

  // MARK: Evaluation

  func evaluate() throws {
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    let run = try EvaluatedRun(path: path, data: nil, configuration: configuration)
    if !isDone(Self.features, run, { decoded($0, EvaluationFile.self)?.run }) {
      var evaluation = features
      evaluation.knownFloors = floors
      let source = try EvaluationSource(run, parts: features.views.map(\.part))
      let file = try evaluation.run(source) { StandardOutput.write("\(path): \($0)") }
      try write(file.json(), to: Self.features)
    }
    if !isDone(Self.uncertainty, run, { decoded($0, UncertaintyReport.self)?.run })
      || !isNewer(Self.scores, than: run.checkpoint.path)
    {
      let result = try UncertaintyEvaluation(run, samples: samples, images: images).measure()
      try result.rows.write(to: URL(filePath: path + "/" + Self.scores))
      try write(result.report.json(), to: Self.uncertainty)
    }
  }

  /// Whether a file of figures names the newest checkpoint and is newer than it.
  private func isDone(
    _ name: String, _ run: EvaluatedRun, _ description: (String) -> RunDescription?
  ) -> Bool {
    description(name)?.step == run.step && isNewer(name, than: run.checkpoint.path)
  }

  private func isNewer(_ name: String, than other: String) -> Bool {
    func date(_ path: String) -> Date? {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return attributes?[.modificationDate] as? Date
    }
    guard let made = date(path + "/" + name), let checkpoint = date(other) else { return false }
    return made >= checkpoint
  }

  private func decoded<Value: Decodable>(_ name: String, _ type: Value.Type) -> Value? {
    Self.decoded(path + "/" + name, type)
  }

  /// A file of figures; nil where it is not there or is none.
  static func decoded<Value: Decodable>(_ path: String, _ type: Value.Type) -> Value? {
    (try? Data(contentsOf: URL(filePath: path))).flatMap {
      try? JSONDecoder().decode(type, from: $0)
    }
  }

  private func write(_ data: Data, to name: String) throws {
    try AtomicFile.write(Array(data), to: path + "/" + name)
  }
}
