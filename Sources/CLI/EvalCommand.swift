import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measures what an encoder's features are worth.",
    discussion: """
      Accuracies are on the validation images. The linear probe chooses its regularisation on a \
      held-out part of the training images.
      """)

  enum Probe: String, CaseIterable { case knn, linear, rank }

  @Argument(help: "A run folder, a checkpoint, or a safetensors encoder.") var encoder: String
  @Option(help: "The data set's folder; a run's own unless given.") var data: String?
  @Option(help: "Some of knn, linear and rank, separated by commas.") var probe = "knn,linear,rank"
  @Option(help: "Where to write the figures as JSON.") var json: String?
  @Option(help: "Which encoder of a run: target (the moving average) or context.")
  var part = EncoderFile.Part.target
  @Option(help: "Average the tokens of this many last blocks.") var layers = 1
  @Option(help: "kNN: neighbours.") var k = 20
  @Option(help: "kNN: temperature of the votes.") var temperature = 0.07
  @Option(help: "The first so many classes, for an encoder file.") var classes: Int?
  @Option(help: "Attention heads, for an encoder file that does not tell.") var heads: Int?
  @Option(help: "Products in float32 or bfloat16.") var precision = TrainingPrecision.float32
  @Flag(help: "Also measure the floors: a random encoder and the raw pixels at 16×16.")
  var floors = false

  func run() throws {
    let probes = try chosenProbes()
    let source = try EvaluationSource(
      path: encoder, part: part, data: data, heads: heads, classes: classes)
    guard layers >= 1, layers <= source.encoder.blocks.count else {
      throw ValidationError(
        "--layers \(layers): the encoder has \(source.encoder.blocks.count) blocks")
    }
    var reports: [(name: String, report: EvaluationReport)] = []
    let extractor = FeatureExtractor(source.encoder, layers: layers, precision: precision)
    reports.append(("encoder", try report(probes, source) { try extractor.features(of: $0) }))
    if floors {
      var random = RandomSource(seed: 1)
      let untrained = FeatureExtractor(
        VisionTransformer(source.encoder.configuration, using: &random), layers: layers,
        precision: precision)
      reports.append(
        ("random encoder", try report(probes, source) { try untrained.features(of: $0) }))
      let pixels = PixelFeatures(size: 16)
      reports.append(("16×16 pixels", try report(probes, source) { try pixels.features(of: $0) }))
    }
    for (name, report) in reports { print(Self.line(name, report)) }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let keys = Dictionary(
        uniqueKeysWithValues: reports.map {
          ($0.name.replacing(" ", with: "_").replacing("×", with: "x"), $0.report)
        })
      try AtomicFile.write(Array(encoder.encode(keys)), to: json)
    }
  }

  private func chosenProbes() throws -> Set<Probe> {
    let names = probe.split(separator: ",").map(String.init)
    let probes = try names.map { name -> Probe in
      guard let probe = Probe(rawValue: name) else {
        throw ValidationError("--probe \(name) is not one of knn, linear, rank")
      }
      return probe
    }
    guard !probes.isEmpty else { throw ValidationError("--probe names no probe") }
    return Set(probes)
  }

  private func report(
    _ probes: Set<Probe>, _ source: EvaluationSource,
    features: (any ImageDataset) throws -> (features: Tensor, labels: [Int])
  ) throws -> EvaluationReport {
    let asked = try features(source.validation)
    let validation = LabeledFeatures(features: asked.features, labels: asked.labels)
    var report = EvaluationReport()
    if probes.contains(.rank) { report.rank = try RepresentationRank(of: validation.features) }
    if probes.isDisjoint(with: [.knn, .linear]) { return report }
    let known = try features(source.train)
    let train = LabeledFeatures(features: known.features, labels: known.labels)
    if probes.contains(.knn) {
      report.knn = try KNNClassifier(k: k, temperature: temperature)
        .evaluate(validation, train: train)
    }
    if probes.contains(.linear) {
      report.linear = try LinearProbe().evaluate(
        train: train, validation: validation, using: RandomSource(seed: 0).split("linear probe"))
    }
    return report
  }

  private static func line(_ name: String, _ report: EvaluationReport) -> String {
    var parts: [String] = []
    if let knn = report.knn { parts.append(String(format: "kNN %.2f %%", 100 * knn.top1)) }
    if let linear = report.linear {
      parts.append(String(format: "linear %.2f %%", 100 * linear.top1))
    }
    if let rank = report.rank {
      parts.append(
        String(
          format: "RankMe %.1f, effective rank %.1f, std %.3f", rank.rankMe, rank.effectiveRank,
          rank.meanStandardDeviation))
    }
    return name.padding(toLength: 16, withPad: " ", startingAt: 0) + parts.joined(separator: ", ")
  }
}

extension EncoderFile.Part: ExpressibleByArgument {}
