import ArgumentParser
import Foundation
import JEPA
import JEPAHeads

/// Times samples and log-densities of heads with random weights.
struct BenchHeads: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heads", abstract: "Times the heads' samples and log-densities.",
    discussion: """
      Each head is given its contexts and asked for one sample a row, then for the log-density of a \
      target a row; the context's part of the network counts in both. Times are medians.
      """)

  @Option(
    help: ArgumentHelp(
      "A head with its options, separated by blanks: \"flow coupling=spline bins=8\". All heads with "
        + "their own defaults where none is given.", valueName: "head"))
  var head: [String] = []
  @Option(help: "Target dimensions.") var dimensions = 192
  @Option(help: "Context dimensions.") var context = 96
  @Option(help: "Rows.") var rows = 1000
  @Option(help: "Least seconds to spend on each time, after one run that does not count.")
  var seconds = 0.3
  @Option(help: "Threads.") var threads: Int?
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?

  func run() throws {
    for (option, value) in [
      ("--dimensions", dimensions), ("--context", context), ("--rows", rows),
      ("--threads", threads ?? 1),
    ] where value < 1 {
      throw CommandError("\(option) \(value): give a number of at least 1")
    }
    if let threads { Parallelism.threads = threads }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    let timing = HeadTiming(
      dimensions: dimensions, contextDimensions: context, rows: rows, seconds: seconds)
    var figures: [HeadFigures] = []
    for text in head.isEmpty ? JEPATool.heads.names : head {
      let (density, sample, parameters, isEstimate) = try JEPATool.heads.run(
        timing, head: try Self.configuration(text))
      figures.append(
        HeadFigures(
          head: text, parameters: parameters, sampleSeconds: sample, densitySeconds: density,
          densityIsEstimate: isEstimate))
      let name = text.padding(toLength: max(text.count, 16), withPad: " ", startingAt: 0)
      StandardOutput.write(
        name
          + String(format: "  %d samples %8.2f ms", rows, sample * 1e3)
          + (density.map { String(format: ", %d log-densities %8.2f ms", rows, $0 * 1e3) } ?? "")
          + (isEstimate ? " (estimates)" : "") + ", \(parameters) parameters")
    }
    if let json { try BenchCommand.write(figures, to: json) }
  }

  private static func configuration(_ text: String) throws -> HeadConfiguration {
    let words = text.split(separator: " ")
    guard let name = words.first else {
      throw CommandError("--head \"\": give one of " + JEPATool.heads.names.joined(separator: ", "))
    }
    var options: [String: ConfigurationValue] = [:]
    for word in words.dropFirst() {
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw CommandError("--head \"\(text)\": give an option as key=value")
      }
      options[String(word[..<equals])] = ConfigurationValue(
        plainScalar: String(word[word.index(after: equals)...]))
    }
    return HeadConfiguration(name: String(name), options: options)
  }
}

private struct HeadFigures: Encodable {
  let head: String
  let parameters: Int
  let sampleSeconds: Double
  /// Nil of a head that has no density.
  let densitySeconds: Double?
  let densityIsEstimate: Bool
}

/// One head's times, with random weights.
struct HeadTiming: HeadOperation {
  let dimensions, contextDimensions, rows: Int
  let seconds: Double

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> (density: Double?, sample: Double, parameters: Int, isEstimate: Bool) {
    var random = RandomSource(seed: 0)
    let head = try makeHead(contextDimensions, dimensions, &random)
    let context = Tensor.normal([rows, contextDimensions], using: &random)
    let targets = Tensor.normal([rows, dimensions], using: &random)
    let sample = median { _ = head(context).sample(1, using: &random) }
    guard let kind = Head.Prediction.likelihoodKind else {
      return (nil, sample, head.parameterCount, false)
    }
    let density = median { _ = head(context).likelihood(of: targets, using: &random) }
    return (density, sample, head.parameterCount, kind == .estimate)
  }

  /// The median of runs that together take at least `seconds`.
  private func median(_ body: () -> Void) -> Double {
    body()
    var times: [Double] = []
    var total = 0.0
    while total < seconds || times.isEmpty {
      let start = ContinuousClock.now
      body()
      times.append((ContinuousClock.now - start) / .seconds(1))
      total += times[times.count - 1]
    }
    return times.sorted()[times.count / 2]
  }
}
