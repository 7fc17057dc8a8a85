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

  @Argument(
    help: "A run folder, a checkpoint, or an encoder: a safetensors file or a model's folder.",
    transform: HomePath.expanded)
  var path: String
  @Option(
    help: ArgumentHelp("The data set's folder; a run's own unless given.", valueName: "dir"),
    transform: HomePath.expanded)
  var data: String?
  @OptionGroup var probes: ProbeOptions
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?
  @Option(
    help: ArgumentHelp(
      "A PNG file to draw validation images and their nearest training images in.",
      valueName: "file"), transform: HomePath.expanded)
  var neighbours: String?
  @Option(help: "The first so many classes, for an encoder file.") var classes: Int?
  @Option(help: "Attention heads, for an encoder file that does not tell.") var heads: Int?
  @OptionGroup var reading: ImageReadingOptions
  @Flag(help: "Also measure the floors: a random encoder and the raw pixels at 16×16.")
  var floors = false
  @OptionGroup(title: "Preprocessing") var preprocessing: PreprocessingOptions
  @OptionGroup(title: "Uncertainty") var uncertainty: UncertaintyOptions

  func run() throws {
    let featureOptions = [
      ("--floors", floors), ("--neighbours", neighbours != nil), ("--classes", classes != nil),
    ]
    let measured = try uncertainty.run(
      path: path, data: data, json: json, reading: reading,
      others: featureOptions.filter(\.1).map(\.0) + preprocessing.given)
    if measured { return }
    try preprocessing.check()
    var evaluation = try probes.evaluation()
    evaluation.floors = floors
    evaluation.neighbours = neighbours
    if let classes, classes < 1 {
      throw CommandError("--classes \(classes): give a number of at least 1")
    }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    if let neighbours { try CommandError.requireFolder(of: neighbours, option: "--neighbours") }
    var source = try EvaluationSource(
      path: path, parts: evaluation.views.map(\.part), data: data, heads: heads, classes: classes,
      reading: reading)
    if let line = try source.prepare(preprocessing) { StandardErrorLog.write(line) }
    source.remarks.forEach(StandardErrorLog.write)
    let file = try evaluation.run(source) { StandardOutput.write($0) }
    source.defects.forEach(StandardErrorLog.write)
    if let json { try AtomicFile.write(Array(file.json()), to: json, isNamedByUser: true) }
  }
}

/// Which probes, on which features.
struct ProbeOptions: ParsableArguments {
  @Option(
    help: "Some of \(JEPATool.parts.probeNames.joined(separator: ", ")), separated by commas.")
  var probe = "knn,linear,rank"
  @Option(
    help: """
      Which encoder of a run: target (the moving average), context, or both, separated by a comma; \
      the first is reported as "encoder".
      """)
  var encoder = "target"
  @Option(
    help: """
      Blocks that features are of: last, last4 (the mean of the last four), concat4 (the four side by \
      side, as in I-JEPA's linear evaluation) or other numbers; several, separated by commas.
      """)
  var layers = "last"
  @Option(
    help: """
      Further linear probes on parts of the labels, as 0.01,0.1 for 1 % and 10 %: the same part of \
      each class.
      """)
  var labels: String?
  @Option(help: "kNN: neighbours.") var k = 20
  @Option(help: "kNN: temperature of the votes.") var temperature = 0.07
  @Option(help: .precision) var precision = TrainingPrecision.auto

  func evaluation() throws -> FeatureEvaluation {
    guard k >= 1 else { throw CommandError("--k \(k): give a number of at least 1") }
    guard temperature > 0, temperature.isFinite else {
      throw CommandError("--temperature \(temperature): give a number above 0")
    }
    var evaluation = FeatureEvaluation()
    let known: [any Probe] =
      [
        KNNClassifier(k: k, temperature: temperature), LinearProbe(), AttentiveProbe(), RankProbe(),
      ] + JEPATool.parts.probes
    let names = known.map { type(of: $0).name }
    let asked = Set(
      try Self.list(probe, option: "--probe", of: names) { names.contains($0) ? $0 : nil })
    evaluation.probes = known.filter { asked.contains(type(of: $0).name) }
    let parts = try Self.list(
      encoder, option: "--encoder", of: EncoderFile.Part.allCases.map(\.rawValue)
    ) { EncoderFile.Part(rawValue: $0) }
    let words = try Self.words(layers, option: "--layers", of: "last, last4 or concat4")
    evaluation.views = try parts.flatMap { part in try words.map { try Self.view(of: part, $0) } }
    evaluation.labels =
      try labels.map { text in
        try Self.words(text, option: "--labels", of: "parts such as 0.01").map { word in
          guard let part = Double(word), part > 0, part <= 1 else {
            throw CommandError("--labels \(word): give parts above 0 and at most 1, such as 0.01")
          }
          return part
        }
      } ?? []
    evaluation.precision = precision
    return evaluation
  }

  /// The view that a word of `--layers` asks for.
  private static func view(
    of part: EncoderFile.Part, _ word: String
  ) throws -> FeatureEvaluation.View {
    if word == "last" { return .init(part: part, layers: 1) }
    let joining: FeatureExtractor.Joining = word.hasPrefix("concat") ? .concatenation : .mean
    let digits = word.trimmingPrefix(joining == .concatenation ? "concat" : "last")
    guard let layers = Int(digits), layers >= 1 else {
      throw CommandError(
        "--layers \(word): give last, last4, concat4, or another number of at least 1")
    }
    return .init(part: part, layers: layers, joining: joining)
  }

  private static func words(
    _ text: String, option: String, of what: String
  ) throws -> [String] {
    let words = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard !words.isEmpty else { throw CommandError("\(option) is empty; give \(what)") }
    return words
  }

  private static func list<Value>(
    _ text: String, option: String, of known: [String], _ read: (String) -> Value?
  ) throws -> [Value] {
    let all = known.joined(separator: ", ")
    return try words(text, option: option, of: "some of " + all).map { word in
      guard let value = read(word) else {
        throw CommandError("\(option) \(word) is not one of \(all)")
      }
      return value
    }
  }
}

extension EncoderFile.Part: ExpressibleByArgument {}
