import Foundation
import JEPA
import JEPAData
import JEPAEval

/// Measures what encoders' features are worth: what `jepa eval` does, and `jepa compare` after training.
struct FeatureEvaluation {
  /// One encoder, how many of its last blocks are read, and what is made of them.
  struct View: Hashable {
    var part: EncoderFile.Part
    var layers: Int
    var joining = FeatureExtractor.Joining.mean

    /// `target_last`, `context_last4`, `target_concat4`.
    var name: String {
      let prefix = joining == .concatenation ? "_concat" : "_last"
      return part.rawValue + prefix + (layers == 1 ? "" : "\(layers)")
    }
  }

  var probes: [any Probe] = [KNNClassifier(), LinearProbe(), RankProbe()]
  /// The first is reported as `encoder`, the others by their names.
  var views = [View(part: .target, layers: 1)]
  /// Parts of the labels for further linear probes.
  var labels: [Double] = []
  var precision = TrainingPrecision.float32
  /// Also a random encoder and the raw pixels.
  var floors = false
  /// Floors that are known already, by name; they are not measured again.
  var knownFloors: [String: EvaluationReport] = [:]
  /// A picture of nearest neighbours, of the first view.
  var neighbours: String?

  /// Pictures at so many pixels a side are a floor.
  private static let pixelSize = 16

  /// Refuses to read more blocks than an encoder has.
  func check(depth: Int) throws {
    guard let view = views.first(where: { $0.layers > depth }) else { return }
    let blocks = "\(depth) block" + (depth == 1 ? "" : "s")
    throw CommandError(
      "--layers \(view.layers): the encoder has \(blocks); use at most \(depth)")
  }

  /// Refuses images without labels where probes are asked for.
  func requireLabels(_ train: any ImageDataset, _ validation: any ImageDataset) throws {
    guard needsTraining,
      let part = [train, validation].first(where: { !$0.isLabeled }), part.count > 0
    else { return }
    throw CommandError(
      "\(part.name(at: 0)): it and the images beside it have no labels, which probes need; put them into "
        + "class folders, or give --probe rank")
  }

  /// - Parameter show: receives a line for each report.
  func run(_ source: EvaluationSource, show: (String) -> Void) throws -> EvaluationFile {
    for encoder in source.encoders.values { try check(depth: encoder.blocks.count) }
    try requireLabels(source.train, source.validation)
    let notices = Notices()
    var file = EvaluationFile(run: source.run, reports: [:])
    func add(_ name: String, _ key: String, _ report: EvaluationReport) {
      file.reports[key] = report
      show(line(name, report))
    }
    for (index, view) in views.enumerated() {
      guard let encoder = source.encoders[view.part] else { continue }
      let name = index == 0 ? "encoder" : view.name.replacing("_", with: " ")
      let (extractor, heads) = self.extractor(encoder, view, source, notices)
      let features = try extracted(name, source, notices) {
        try extractor.features(of: $0, keepingTokens: needsTokens, progress: $1)
      }
      var report = try self.report(name, features, heads: heads)
      report.part = view.part.rawValue
      (report.layers, report.joining) = (view.layers, view.joining)
      add(name, index == 0 ? EvaluationFile.encoder : view.name, report)
      if index == 0, let neighbours, let train = features.train {
        try NeighbourPicture().write(
          queries: source.validation, queryFeatures: features.validation, train: source.train,
          trainFeatures: train, to: URL(filePath: neighbours))
        show("\(neighbours): each row an image and, to its right, those most like it")
      }
    }
    guard floors else { return file }
    for (key, name, measure) in [
      (EvaluationFile.randomEncoder, "random encoder", randomEncoder),
      (EvaluationFile.pixels, "16×16 pixels", pixels),
    ] {
      add(name, key, try knownFloors[key] ?? measure(name, source, notices))
    }
    return file
  }

  // MARK: Floors

  private func randomEncoder(
    _ name: String, _ source: EvaluationSource, _ notices: Notices
  ) throws -> EvaluationReport {
    guard let view = views.first, let encoder = source.encoders[view.part] else { return .init() }
    var random = RandomSource(seed: 1)
    let (extractor, heads) = extractor(
      VisionTransformer(encoder.configuration, using: &random), view, source, notices)
    var report = try report(
      name,
      extracted(name, source, notices) {
        try extractor.features(of: $0, keepingTokens: needsTokens, progress: $1)
      }, heads: heads)
    (report.layers, report.joining) = (view.layers, view.joining)
    return report
  }

  private func pixels(
    _ name: String, _ source: EvaluationSource, _ notices: Notices
  ) throws -> EvaluationReport {
    try report(
      name,
      extracted(name, source, notices) { dataset, _ in
        let fit: EvaluationTransform.Fit = source.transform?.stretches == true ? .stretch : .crop
        let found = try PixelFeatures(size: Self.pixelSize, fit: fit).features(of: dataset)
        return (found.features, found.labels, nil)
      }, heads: 1)
  }

  // MARK: Features

  /// Features, labels and tokens of a data set; the second argument is told how many images are done.
  private typealias Extraction = (any ImageDataset, (Int) -> Void) throws -> (
    features: Tensor, labels: [Int], tokens: LabeledTokens?
  )

  private struct Features {
    let validation: LabeledFeatures
    let train: LabeledFeatures?
    let validationTokens: LabeledTokens?
    let trainTokens: LabeledTokens?
  }

  private func extractor(
    _ encoder: VisionTransformer, _ view: View, _ source: EvaluationSource, _ notices: Notices
  ) -> (FeatureExtractor, heads: Int) {
    var extractor = FeatureExtractor(
      encoder, layers: view.layers, joining: view.joining, precision: precision)
    if let transform = source.transform { extractor.transform = transform }
    extractor.log = notices.add
    return (extractor, encoder.configuration.heads)
  }

  /// Of the validation and, where they are needed, of the training images.
  private func extracted(
    _ name: String, _ source: EvaluationSource, _ notices: Notices, _ extract: Extraction
  ) throws -> Features {
    var status = StatusLine()
    defer {
      status.clear()
      notices.take().forEach(StandardErrorLog.write)
    }
    func labeled(
      _ dataset: any ImageDataset, _ part: String
    ) throws -> (LabeledFeatures, LabeledTokens?) {
      let found = try extract(dataset) {
        status.show("\(name): \(part) images", $0, of: dataset.count)
      }
      return (LabeledFeatures(features: found.features, labels: found.labels), found.tokens)
    }
    let (validation, tokens) = try labeled(source.validation, "validation")
    let train =
      needsTraining || neighbours != nil ? try labeled(source.train, "training") : nil
    return Features(
      validation: validation, train: train?.0, validationTokens: tokens, trainTokens: train?.1)
  }

  // MARK: Probes

  private func report(
    _ name: String, _ features: Features, heads: Int
  ) throws -> EvaluationReport {
    let status = StatusLine()
    defer { status.clear() }
    let random = RandomSource(seed: 0)
    let validation = features.validation
    let tokens = features.trainTokens.flatMap { train in
      features.validationTokens.map { (train: train, validation: $0) }
    }
    let given = ProbeFeatures(
      validation: validation, train: features.train, tokens: tokens, heads: heads)
    var report = EvaluationReport()
    for probe in probes {
      status.show("\(name): \(type(of: probe).name)")
      try probe.measure(given, into: &report, using: random)
    }
    if !labels.isEmpty, let train = features.train {
      status.show("\(name): linear probes on few labels")
      report.fewLabels = try labels.map { fraction in
        .init(
          fraction: fraction,
          linear: try LinearProbe().evaluate(
            fraction: fraction, train: train, validation: validation,
            using: random.split("few labels")))
      }
    }
    return report
  }

  private var needsTraining: Bool {
    !labels.isEmpty || probes.contains { type(of: $0).needsTraining }
  }
  private var needsTokens: Bool { probes.contains { type(of: $0).needsTokens } }

  private func line(_ name: String, _ report: EvaluationReport) -> String {
    var parts: [String] = []
    func accuracy(_ title: String, _ top1: Double?) {
      if let top1 { parts.append(title + String(format: " %5.2f %%", 100 * top1)) }
    }
    accuracy("kNN", report.knn?.top1)
    func linear(_ title: String, _ result: LinearProbe.Result) {
      accuracy(title, result.top1)
      if let caveat = result.caveat { parts[parts.count - 1] += " (\(caveat))" }
    }
    if let result = report.linear { linear("linear", result) }
    for few in report.fewLabels ?? [] {
      linear(String(format: "linear on %g %% of labels", 100 * few.fraction), few.linear)
    }
    accuracy("attentive", report.attentive?.top1)
    if let rank = report.rank {
      parts.append(
        String(
          format: "RankMe %5.1f, effective rank %5.1f, std %.3f", rank.rankMe, rank.effectiveRank,
          rank.meanStandardDeviation))
    }
    for metric in probes.flatMap({ type(of: $0).metrics }) {
      if let value = report[metric] { parts.append(metric.shortTitle + " " + metric.text(value)) }
    }
    return name.padding(toLength: 16, withPad: " ", startingAt: 0) + parts.joined(separator: ", ")
  }
}
