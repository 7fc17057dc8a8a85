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
      held-out part of the training images. With --uncertainty, measures the predicted densities \
      instead.
      """)

  enum Probe: String, CaseIterable { case knn, linear, rank }

  @Argument(help: "A run folder, a checkpoint, or a safetensors encoder.") var encoder: String
  @Option(help: ArgumentHelp("The data set's folder; a run's own unless given.", valueName: "dir"))
  var data: String?
  @Option(help: "Some of knn, linear and rank, separated by commas.") var probe = "knn,linear,rank"
  @Option(help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"))
  var json: String?
  @Option(
    help: ArgumentHelp(
      "A PNG file to draw validation images and their nearest training images in.",
      valueName: "file"))
  var neighbours: String?
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
  @OptionGroup(title: "Uncertainty") var uncertainty: UncertaintyOptions

  func run() throws {
    let featureOptions = [
      ("--floors", floors), ("--neighbours", neighbours != nil), ("--classes", classes != nil),
    ]
    let measured = try uncertainty.run(
      path: encoder, data: data, json: json, others: featureOptions.filter(\.1).map(\.0))
    if measured { return }
    try checkOptions()
    let probes = try chosenProbes()
    let source = try EvaluationSource(
      path: encoder, part: part, data: data, heads: heads, classes: classes)
    let depth = source.encoder.blocks.count
    guard layers <= depth else {
      throw CommandError(
        "--layers \(layers): the encoder has \(depth) blocks; use at most \(depth)")
    }
    let notices = Notices()
    func extractor(_ encoder: VisionTransformer) -> FeatureExtractor {
      var extractor = FeatureExtractor(encoder, layers: layers, precision: precision)
      extractor.log = notices.add
      return extractor
    }
    var reports: [(name: String, report: EvaluationReport)] = []
    func measure(
      _ name: String,
      then use: (_ validation: LabeledFeatures, _ train: LabeledFeatures?) throws
        -> Void = { _, _ in }, _ features: Features
    ) throws {
      let needsTrain = neighbours != nil || !probes.isDisjoint(with: [.knn, .linear])
      let (validation, train) = try extracted(name, source, needsTrain, notices, features)
      let report = try report(name, probes, validation, train)
      reports.append((name, report))
      print(Self.line(name, report))
      try use(validation, train)
    }
    let trained = extractor(source.encoder)
    try measure("encoder") { validation, train in
      guard let neighbours, let train else { return }
      try NeighbourPicture().write(
        queries: source.validation, queryFeatures: validation, train: source.train,
        trainFeatures: train, to: URL(filePath: neighbours))
      print("\(neighbours): each row an image and, to its right, those most like it")
    } _: {
      try trained.features(of: $0, progress: $1)
    }
    if floors {
      var random = RandomSource(seed: 1)
      let untrained = extractor(VisionTransformer(source.encoder.configuration, using: &random))
      try measure("random encoder") { try untrained.features(of: $0, progress: $1) }
      try measure("16×16 pixels") { dataset, _ in try PixelFeatures(size: 16).features(of: dataset)
      }
    }
    guard let json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let keys = Dictionary(
      uniqueKeysWithValues: reports.map {
        ($0.name.replacing(" ", with: "_").replacing("×", with: "x"), $0.report)
      })
    try AtomicFile.write(Array(encoder.encode(keys)), to: json)
  }

  /// Features and labels of a data set; the second argument is told how many images are done.
  private typealias Features = (any ImageDataset, (Int) -> Void) throws -> (
    features: Tensor, labels: [Int]
  )

  private func checkOptions() throws {
    for (option, value) in [("--layers", layers), ("--k", k), ("--classes", classes ?? 1)]
    where value < 1 {
      throw CommandError("\(option) \(value): give a number of at least 1")
    }
    guard temperature > 0, temperature.isFinite else {
      throw CommandError("--temperature \(temperature): give a number above 0")
    }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    if let neighbours { try CommandError.requireFolder(of: neighbours, option: "--neighbours") }
  }

  private func chosenProbes() throws -> Set<Probe> {
    let names = probe.split(separator: ",").map(String.init)
    let probes = try names.map { name -> Probe in
      guard let probe = Probe(rawValue: name) else {
        throw CommandError("--probe \(name) is not one of knn, linear, rank")
      }
      return probe
    }
    guard !probes.isEmpty else {
      throw CommandError("--probe names no probe; give some of knn, linear, rank")
    }
    return Set(probes)
  }

  /// The features of the validation and, where they are needed, of the training images.
  private func extracted(
    _ name: String, _ source: EvaluationSource, _ needsTrain: Bool, _ notices: Notices,
    _ features: Features
  ) throws -> (validation: LabeledFeatures, train: LabeledFeatures?) {
    var status = StatusLine()
    defer {
      status.clear()
      for notice in notices.take() {
        FileHandle.standardError.write(Data((notice + "\n").utf8))
      }
    }
    func labeled(_ dataset: any ImageDataset, _ part: String) throws -> LabeledFeatures {
      let found = try features(dataset) {
        status.show("\(name): \(part) images", $0, of: dataset.count)
      }
      return LabeledFeatures(features: found.features, labels: found.labels)
    }
    let validation = try labeled(source.validation, "validation")
    return (validation, needsTrain ? try labeled(source.train, "training") : nil)
  }

  private func report(
    _ name: String, _ probes: Set<Probe>, _ validation: LabeledFeatures, _ train: LabeledFeatures?
  ) throws -> EvaluationReport {
    let status = StatusLine()
    defer { status.clear() }
    var report = EvaluationReport()
    if probes.contains(.rank) { report.rank = try RepresentationRank(of: validation.features) }
    guard let train else { return report }
    if probes.contains(.knn) {
      status.show("\(name): kNN")
      report.knn = try KNNClassifier(k: k, temperature: temperature)
        .evaluate(validation, train: train)
    }
    if probes.contains(.linear) {
      status.show("\(name): linear probe")
      report.linear = try LinearProbe().evaluate(
        train: train, validation: validation, using: RandomSource(seed: 0).split("linear probe"))
    }
    return report
  }

  private static func line(_ name: String, _ report: EvaluationReport) -> String {
    var parts: [String] = []
    if let knn = report.knn { parts.append(String(format: "kNN %5.2f %%", 100 * knn.top1)) }
    if let linear = report.linear {
      parts.append(String(format: "linear %5.2f %%", 100 * linear.top1))
    }
    if let rank = report.rank {
      parts.append(
        String(
          format: "RankMe %5.1f, effective rank %5.1f, std %.3f", rank.rankMe, rank.effectiveRank,
          rank.meanStandardDeviation))
    }
    return name.padding(toLength: 16, withPad: " ", startingAt: 0) + parts.joined(separator: ", ")
  }
}

extension EncoderFile.Part: ExpressibleByArgument {}
