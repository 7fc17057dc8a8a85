import Foundation
import JEPA
import JEPAData
import JEPAEval
import JEPAHeads

/// Trains and evaluates variants of a configuration, one after the other, in one folder.
struct Comparison {
  let kind: ComparisonRecord.Kind
  let folder: String
  let configurations: VariantConfigurations
  let variants: [Variant]
  /// Nil for the configuration's own.
  let seeds: [UInt64]?
  let features: FeatureEvaluation
  let samples: Int
  let images: Int

  private struct Model {
    var entry: ComparisonRecord.Entry
    let configuration: TrainingConfiguration
  }

  func run() throws {
    let (models, base) = try self.models()
    var record = ComparisonRecord(
      kind: kind, config: configurations.file, configuration: base.yaml(),
      evaluation: .init(
        probes: features.probes.map { type(of: $0).name }.sorted(),
        views: features.views.map(\.name),
        labels: features.labels, samples: samples, images: images),
      variants: models.map(\.entry))
    if let earlier = try ComparisonRecord.read(from: folder) {
      try record.resume(earlier, in: folder)
    }
    for model in models {
      let configuration = model.configuration
      let train = try configuration.data.openDataset(.train)
      try configuration.requireFullBatch(in: train)
      // What is evaluated after training must be there before it.
      try features.requireLabels(train, configuration.data.openDataset(.validation))
      try features.check(depth: configuration.encoderConfiguration().depth)
    }
    try createFolder()
    try record.write(to: folder)
    for (index, model) in models.enumerated() {
      let run = ComparedRun(
        configuration: model.configuration, path: folder + "/" + model.entry.folder,
        features: features, samples: samples, images: images,
        floors: try knownFloors(model, models))
      if let twin = try twin(of: model, in: models[..<index]), try run.takeTraining(of: twin) {
        StandardErrorLog.write(
          "\(run.path): trained as \(twin) is, whose checkpoint it takes")
      }
      try run.train()
      try run.evaluate()
      record.variants[index].state = .done
      try record.write(to: folder)
      try writeTable(models)
    }
    StandardOutput.write(try table(models).markdown(), terminator: "")
  }

  // MARK: Models

  /// Variants of equal configurations are taken once.
  private func models() throws -> ([Model], base: TrainingConfiguration) {
    // One precision for all models, also where the comparison goes on on another processor.
    let earlier = try ComparisonRecord.read(from: folder).map {
      try TrainingConfiguration(yaml: $0.configuration, source: folder)
    }
    let base = try configurations.base().resolvingPrecision(asIn: earlier)
    var models: [Model] = []
    for variant in variants {
      for seed in seeds ?? [base.meta.seed] {
        let (asked, overrides) = try configurations.configuration(variant, seed: seed)
        let configuration = asked.resolvingPrecision(asIn: base)
        let entry = ComparisonRecord.Entry(
          name: variant.name, overrides: overrides, seed: seed,
          folder: variant.folder(seed: seeds.map { $0.count > 1 } == true ? seed : nil),
          state: .pending)
        if let same = try models.firstIndex(where: {
          try areSame($0.configuration, configuration)
        }) {
          StandardErrorLog.write(
            "\(entry.folder) is the same model as \(models[same].entry.folder), which stands for both"
          )
          models[same].entry.also = (models[same].entry.also ?? []) + variant.overrides
          continue
        }
        if let same = models.first(where: { $0.entry.folder == entry.folder }) {
          throw CommandError(
            "\(entry.name) and \(same.entry.name) would both be in \(entry.folder); change one")
        }
        models.append(Model(entry: entry, configuration: configuration))
      }
    }
    return (models, base)
  }

  /// The folder of an earlier model that is read otherwise and trained alike.
  private func twin(of model: Model, in earlier: ArraySlice<Model>) throws -> String? {
    try earlier.first {
      try areSame($0.configuration, model.configuration, asTrained: true)
    }.map { folder + "/" + $0.entry.folder }
  }

  private func areSame(
    _ a: TrainingConfiguration, _ b: TrainingConfiguration, asTrained: Bool = false
  ) throws -> Bool {
    guard
      try JEPATool.heads.areSame(
        JEPATool.heads.head(of: a), JEPATool.heads.head(of: b), asTrained: asTrained)
    else {
      return false
    }
    var other = b
    other.head = a.head
    return a == other
  }

  private func createFolder() throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(
        path: folder, action: "create the folder of the comparison",
        reason: "\(error.localizedDescription)")
    }
  }

  /// Floors that another model's evaluation has of the same images and the same kind of encoder.
  private func knownFloors(
    _ model: Model, _ models: [Model]
  ) throws -> [String: EvaluationReport] {
    for other in models where other.entry != model.entry {
      guard other.configuration.data == model.configuration.data,
        try other.configuration.encoderConfiguration()
          == model.configuration.encoderConfiguration(),
        let file = evidence(other).file
      else { continue }
      let floors = file.reports.filter {
        [EvaluationFile.randomEncoder, EvaluationFile.pixels].contains($0.key)
      }
      if floors.count == 2 { return floors }
    }
    return [:]
  }

  // MARK: Table

  private func evidence(
    _ model: Model
  ) -> (file: EvaluationFile?, evidence: ComparisonTable.Evidence) {
    let path = folder + "/" + model.entry.folder
    func read<Value: Decodable>(_ name: String, _ type: Value.Type) -> Value? {
      ComparedRun.decoded(path + "/" + name, type)
    }
    let file = read(ComparedRun.features, EvaluationFile.self)
    return (
      file,
      .init(
        seed: model.entry.seed, features: file?.reports[EvaluationFile.encoder],
        uncertainty: read(ComparedRun.uncertainty, UncertaintyReport.self),
        cost: read(ComparedRun.cost, CostFigures.self))
    )
  }

  /// Of all models that have been evaluated so far.
  private func table(_ models: [Model]) throws -> ComparisonTable {
    var rows: [(name: String, seeds: [ComparisonTable.Evidence])] = []
    var floors: [(name: String, report: EvaluationReport)] = []
    for model in models {
      let (file, evidence) = evidence(model)
      guard let file else { continue }
      if let place = rows.firstIndex(where: { $0.name == model.entry.name }) {
        rows[place].seeds.append(evidence)
      } else {
        rows.append((model.entry.name, [evidence]))
      }
      // Encoders of several sizes have floors of their own.
      let several = Set(try models.map { try $0.configuration.encoderConfiguration() }).count > 1
      for (key, name) in [
        (EvaluationFile.randomEncoder, "random encoder"), (EvaluationFile.pixels, "16×16 pixels"),
      ] {
        guard let report = file.reports[key] else { continue }
        let name =
          several && key == EvaluationFile.randomEncoder
          ? name + " of " + model.entry.name : name
        if !floors.contains(where: { $0.name == name }) { floors.append((name, report)) }
      }
    }
    return ComparisonTable(
      models: rows, floors: floors, further: JEPATool.parts.metricsOfOthers)
  }

  private func writeTable(_ models: [Model]) throws {
    let table = try table(models)
    try AtomicFile.write(Array(table.json()), to: folder + "/table.json")
    try AtomicFile.write(table.csv(), to: folder + "/table.csv")
    try AtomicFile.write(table.markdown(), to: folder + "/table.md")
  }
}
