import Foundation
import JEPA
import JEPAEval

/// The figures of `jepa density`, as text and as JSON.
struct DensityReport {
  let head: String
  /// The head's, as they came out.
  let options: [(key: String, value: ConfigurationValue)]
  let settings: DensityFitSettings
  let choice: PreparationChoice
  let seed: UInt64
  let table: Table
  let conditions: [Int]
  let results: [DensityExperiment.FoldResult]

  private var headMean: FoldMean { FoldMean(results.map(\.test.mean)) }
  private var gaussianMean: FoldMean { FoldMean(results.map(\.gaussianTest.mean)) }
  private var isEstimate: Bool { results.contains { $0.kind == .estimate } }
  private static let estimator = "probability-flow ODE"

  /// The standard deviation of the mean over folds that random vectors of the estimates alone would give; nil where
  /// none decide it.
  private var monteCarloError: Double? {
    let errors = results.compactMap(\.test.monteCarloError)
    guard !errors.isEmpty else { return nil }
    return errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(results.count)
  }

  private var monteCarloText: String {
    monteCarloError.map { String(format: " (random vectors alone: ± %.2g)", $0) } ?? ""
  }

  /// A line for each fold, the mean over folds, and the Gaussian's.
  var text: String {
    let targets = table.columns.count - conditions.count
    let given = conditions.isEmpty ? "" : " given \(conditions.count)"
    let parameters = results.first?.parameters ?? 0
    var lines = [
      "\(table.path): \(table.rows) rows, \(targets) column\(targets == 1 ? "" : "s")\(given); "
        + "\(head) with \(parameters) parameters",
      preparation,
      "log-likelihood in nats per row, columns scaled by each fold's rows that are not test rows"
        + (isEstimate ? "; the head's are estimates (\(Self.estimator))" : ""),
      Self.row([
        "fold", "rows", "test", "median", "lowest 1 %", "validation", "epoch", "Gaussian",
        "seconds",
      ]),
    ]
    for result in results {
      lines.append(
        Self.row([
          result.fold.name, String(result.test.values.count), Self.number(result.test.mean),
          Self.number(result.test.quantile(0.5)), Self.number(result.test.quantile(0.01)),
          result.validation.map { Self.number($0.mean) } ?? "–",
          "\(result.bestEpoch)/\(result.epochs)", Self.number(result.gaussianTest.mean),
          String(format: "%.1f", result.seconds),
        ]))
    }
    lines.append(Self.mean(head + (isEstimate ? " (estimate)" : ""), headMean) + monteCarloText)
    lines.append(Self.mean("full Gaussian", gaussianMean))
    return lines.joined(separator: "\n")
  }

  /// What was chosen, and beside what.
  private var preparation: String {
    let chosen = Self.text(choice.chosen)
    guard choice.tried.count > 1 else { return "trained with " + chosen }
    let tried = choice.tried.map { tried in
      "\(Self.text(tried.preparation)) \(tried.validation.map(Self.number) ?? "failed")"
    }
    return "trained with \(chosen), chosen by validation rows: " + tried.joined(separator: "; ")
  }

  private static func text(_ preparation: DensityPreparation) -> String {
    "noise \(String(format: "%g", preparation.noise))\(preparation.whitening ? ", whitened" : "")"
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }

  private static func row(_ cells: [String]) -> String {
    let widths = [4, 7, 10, 10, 11, 11, 10, 10, 8]
    return zip(cells, widths).map { cell, width in
      String(repeating: " ", count: max(1, width - cell.count)) + cell
    }.joined()
  }

  private static func mean(_ name: String, _ value: FoldMean) -> String {
    name.padding(toLength: max(26, name.count + 1), withPad: " ", startingAt: 0)
      + String(format: "%.3f ± %.3f", value.mean, value.standardError)
  }

  /// Keys in snake case, sorted. What is infinite is a string, as JSON has no number for it.
  func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let names = Set(conditions)
    return try encoder.encode(
      Figures(
        meanTestLogLikelihood: headMean.mean, standardError: headMean.standardError,
        estimate: isEstimate ? Self.estimator : nil, monteCarloError: monteCarloError,
        gaussian: gaussianMean.mean, gaussianStandardError: gaussianMean.standardError,
        folds: results.map(Fold.init), head: head,
        options: DensityOptionValues(values: options), settings: Settings(settings, choice.chosen),
        tried: choice.tried.map { Tried($0.preparation, $0.validation) }, seed: seed,
        data: table.path, rows: table.rows,
        columns: table.columns.indices.filter { !names.contains($0) }.map { table.columns[$0] },
        conditions: conditions.map { table.columns[$0] },
        parameters: results.first?.parameters ?? 0,
        seconds: results.reduce(0) { $0 + $1.seconds }))
  }
}

private struct Figures: Encodable {
  let meanTestLogLikelihood: Double
  let standardError: Double
  let estimate: String?
  let monteCarloError: Double?
  let gaussian: Double
  let gaussianStandardError: Double
  let folds: [Fold]
  let head: String
  let options: DensityOptionValues
  let settings: Settings
  let tried: [Tried]
  let seed: UInt64
  let data: String
  let rows: Int
  let columns: [String]
  let conditions: [String]
  let parameters: Int
  let seconds: Double
}

private struct Fold: Encodable {
  let fold: String
  let trainingRows: Int
  let validationRows: Int
  let testRows: Int
  let testLogLikelihood: Double
  let testMedian: Double
  let testLowestPercentile: Double
  let validationLogLikelihood: Double?
  let gaussianTestLogLikelihood: Double
  /// Of what the head models, which may be whitened.
  let trainingLoss: Double?
  let epochs: Int
  let bestEpoch: Int
  let seconds: Double

  init(_ result: DensityExperiment.FoldResult) {
    fold = result.fold.name
    trainingRows = result.fold.training.count
    validationRows = result.fold.validation.count
    testRows = result.fold.test.count
    testLogLikelihood = result.test.mean
    testMedian = result.test.quantile(0.5)
    testLowestPercentile = result.test.quantile(0.01)
    validationLogLikelihood = result.validation?.mean
    gaussianTestLogLikelihood = result.gaussianTest.mean
    trainingLoss = result.trainingLoss
    epochs = result.epochs
    bestEpoch = result.bestEpoch
    seconds = result.seconds
  }
}

private struct Settings: Encodable {
  let epochs: Int
  let batchSize: Int
  let learningRate: Double
  let finalLearningRate: Double
  let warmUpEpochs: Double
  let weightDecay: Double
  let noise: Double
  let whitening: Bool
  let patience: Int
  let gradientClip: Double
  let averaging: Double

  init(_ settings: DensityFitSettings, _ preparation: DensityPreparation) {
    epochs = settings.epochs
    batchSize = settings.batchSize
    learningRate = settings.learningRate
    finalLearningRate = settings.finalLearningRate
    warmUpEpochs = settings.warmUpEpochs
    weightDecay = settings.weightDecay
    noise = preparation.noise
    whitening = preparation.whitening
    patience = settings.patience
    gradientClip = settings.gradientClip
    averaging = settings.averaging
  }
}

/// What was tried to choose noise and whitening by.
private struct Tried: Encodable {
  let noise: Double
  let whitening: Bool
  /// The mean over folds; absent where a fit failed.
  let validationLogLikelihood: Double?

  init(_ preparation: DensityPreparation, _ validation: Double?) {
    noise = preparation.noise
    whitening = preparation.whitening
    validationLogLikelihood = validation
  }
}
