import ArgumentParser
import Foundation
import JEPA
import JEPAEval
import JEPATensor

/// Fits probes to features from a file, for comparison with other implementations.
struct BenchProbes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probes",
    abstract: "Fits the linear or the attentive probe to features of a file.",
    discussion: """
      The safetensors file has train and validation, [N, D] for the linear or [N, patches, D] for the attentive probe, \
      and as integers train_labels and validation_labels. The linear probe is fitted at each strength to all training \
      rows.
      """)

  @Argument(help: "The safetensors file.", transform: HomePath.expanded) var features: String
  @Option(help: "Strengths of the linear probe, separated by commas.") var strengths =
    "1e-5,1e-3,1e-1"
  @Option(help: "Seeds of the attentive probe: so many.") var seeds = 1
  @Option(help: "Attention heads of the attentive probe.") var heads = 3
  @Option(help: "Epochs of the attentive probe.") var epochs = 20
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?

  func run() throws {
    for (option, value) in [("--seeds", seeds), ("--heads", heads), ("--epochs", epochs)]
    where value < 1 {
      throw CommandError("\(option) \(value): give a number of at least 1")
    }
    let words = strengths.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let values = words.compactMap(Double.init).filter { $0 >= 0 && $0.isFinite }
    guard !words.isEmpty, values.count == words.count else {
      throw CommandError("--strengths \(strengths): give numbers of at least 0, such as 1e-5,1e-3")
    }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    let file = try SafetensorsFile(URL(filePath: features))
    let (train, trainLabels) = try rows("train", of: file)
    let (validation, labels) = try rows("validation", of: file)
    guard train.rank == validation.rank, train.shape.dropFirst() == validation.shape.dropFirst()
    else {
      throw CommandError(
        "\(features): train \(train.shape) and validation \(validation.shape) differ in more than their rows"
      )
    }
    var figures: [ProbeFigures] = []
    func add(_ name: String, _ fit: () throws -> (top1: Double, note: String)) throws {
      let start = ContinuousClock.now
      let (top1, note) = try fit()
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      figures.append(ProbeFigures(name: name, top1: top1, seconds: seconds))
      StandardOutput.write(
        "\(name)  " + String(format: "%.2f %%, %.2f s, ", 100 * top1, seconds) + note)
    }
    if train.rank == 2 {
      let (fitted, held) = (
        LabeledFeatures(features: train, labels: trainLabels),
        LabeledFeatures(features: validation, labels: labels)
      )
      for (word, value) in zip(words, values) {
        try add(word) {
          let fit = try LinearProbe(strengths: [value]).evaluate(
            train: fitted, validation: held, using: RandomSource(seed: 0))
          return (
            fit.top1,
            fit.caveat
              ?? String(
                format: "%d iterations, at most %.1g nats above the optimum", fit.iterations,
                fit.optimalityGap ?? .nan)
          )
        }
      }
    } else {
      guard train.shape[2] % heads == 0 else {
        throw CommandError(
          "--heads \(heads): they do not divide the tokens' width \(train.shape[2]); give another number"
        )
      }
      for seed in 0..<seeds {
        try add("seed \(seed)") {
          let fit = try AttentiveProbe(heads: heads, epochs: epochs).evaluate(
            train: LabeledTokens(tokens: train, labels: trainLabels),
            validation: LabeledTokens(tokens: validation, labels: labels),
            using: RandomSource(seed: UInt64(seed)))
          return (fit.top1, String(format: "training loss %.3f", fit.trainLoss))
        }
      }
    }
    if let json { try BenchCommand.write(figures, to: json) }
  }

  private func rows(_ name: String, of file: SafetensorsFile) throws -> (Tensor, [Int]) {
    let tensor = try file.tensor(named: name)
    let labels = try file.integers(named: name + "_labels")
    guard 2...3 ~= tensor.rank, tensor.shape[0] == labels.count, labels.allSatisfy({ $0 >= 0 })
    else {
      throw CommandError(
        "\(features): \(name) \(tensor.shape) with \(labels.count) labels; it must have [N, D] or [N, patches, D] "
          + "and N labels of 0 and more")
    }
    return (tensor, labels)
  }
}

private struct ProbeFigures: Encodable {
  let name: String
  /// Part of the validation rows.
  let top1: Double
  let seconds: Double
}
