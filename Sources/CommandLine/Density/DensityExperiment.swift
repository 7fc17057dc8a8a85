import Foundation
import JEPA
import JEPAEval
import JEPATensor

/// Fits a head, and the full Gaussian, to every fold of a table.
struct DensityExperiment: HeadOperation {
  let table: Table
  /// Columns that are given; all others are modelled.
  let conditions: [Int]
  let folds: [DensityFold]
  let options: DensityOptions
  let random: RandomSource
  /// What is said of the table once it is known that something can be fitted to it.
  var notices: [String] = []

  /// What one fold came to; log-likelihoods are means over rows, in nats.
  struct FoldResult: Sendable {
    let fold: DensityFold
    let kind: LogLikelihood.Kind
    let test: LogLikelihood
    /// Of early stopping; nil without validation rows.
    let validation: LogLikelihood?
    let gaussianTest: LogLikelihood
    let epochs: Int
    let bestEpoch: Int
    /// Of the best epoch; nil where that is the head as it was.
    let trainingLoss: Double?
    let parameters: Int
    let seconds: Double
  }

  private var settings: DensityFitSettings { options.training }

  /// The folds that a preparation is chosen by: the first that have validation rows.
  static let choosingFolds = 2

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> (choice: PreparationChoice, results: [FoldResult]) {
    let data = try folds.map { try FoldData(table, fold: $0, conditions: conditions) }
    let gaussians = try zip(folds, data).map(gaussian)
    for notice in notices { StandardErrorLog.write("jepa: " + notice) }
    let width = table.columns.count - conditions.count
    let heads = try folds.indices.map { index in
      var source = random.split("fold").split(index).split("head")
      return try makeHead(conditions.count, width, &source)
    }
    // A table's steps are short: a thread a fold is faster than many threads a step.
    let threads = folds.count > 1 ? 1 : Parallelism.threads
    let choice = try choice { preparation, fold in
      try Parallelism.withThreads(threads) {
        try fitted(
          heads[fold], data: data[fold], preparation, random: random.split("fold").split(fold)
        ).validation
      }
    }
    let progress = EpochCount(total: folds.count * settings.epochs)
    defer { progress.clear() }
    let results = try parallelMap(folds.count) { index in
      try Parallelism.withThreads(threads) {
        try fit(
          heads[index], fold: folds[index], data: data[index], gaussian: gaussians[index],
          preparation: choice.chosen, random: random.split("fold").split(index),
          progress: progress)
      }
    }
    return (choice, results)
  }

  /// Chooses noise and whitening by the validation rows of some folds, as far as they are not given.
  private func choice(
    _ validation: @escaping @Sendable (DensityPreparation, _ fold: Int) throws -> LogLikelihood?
  ) throws -> PreparationChoice {
    let chosenBy = folds.indices.filter { !folds[$0].validation.isEmpty }
      .prefix(Self.choosingFolds)
    if chosenBy.isEmpty || (options.noise != nil && options.whitening != nil) {
      return PreparationChoice(
        noise: 0, fixedNoise: settings.noise, fixedWhitening: options.whitening ?? false
      ) { _ in nil }
    }
    let found = try PreparationChoice(
      noise: settings.noise, fixedNoise: options.noise, fixedWhitening: options.whitening
    ) { preparation in
      let values = try parallelMap(chosenBy.count) { index -> Double? in
        do {
          return try validation(preparation, chosenBy[index])?.mean
        } catch is DensityFitError {
          return nil
        } catch is GaussianDensityError {
          return nil
        }
      }
      let known = values.compactMap(\.self).filter(\.isFinite)
      return known.count == values.count ? known.reduce(0, +) / Double(known.count) : nil
    }
    return found
  }

  /// A head fitted to a fold, and its log-likelihood of the validation rows; nil without such rows.
  private func fitted<Head: DensityPredictor>(
    _ head: Head, data: FoldData, _ preparation: DensityPreparation, random: RandomSource,
    onEpoch: (DensityFit<Head>.Epoch) -> Void = { _ in }
  ) throws -> (density: FoldDensity<Head>, validation: LogLikelihood?) {
    let density = try FoldDensity(
      head, data: data, settings: settings, preparation: preparation, random: random.split("fit"),
      onEpoch: onEpoch)
    guard data.validation.rows > 0 else { return (density, nil) }
    return (
      density,
      try density.logLikelihood(of: data.validation, random: random.split("validation"))
    )
  }

  /// The Gaussian's log-likelihoods of the test rows, fitted to all others.
  private func gaussian(_ fold: DensityFold, _ data: FoldData) throws -> LogLikelihood {
    let (rows, columns) = (fold.training.count + fold.validation.count, table.columns.count)
    guard rows > columns else {
      throw CommandError(
        "\(table.path): fold \(fold.name) has \(rows) rows that are not test rows for \(columns) "
          + "columns, so that the Gaussian's density has no bound; give more rows than columns, or "
          + "--drop some")
    }
    do {
      let known = data.notTest
      let density = try GaussianDensity(targets: known.targets, contexts: known.contexts)
      let values = try density.logDensity(of: data.test.targets, contexts: data.test.contexts)
      let found = LogLikelihood(values: values.doubles(), kind: .exact)
      try requireFinite(found, rows: fold.test, data: data, of: "the Gaussian's")
      return found
    } catch GaussianDensityError.singular(let column) {
      let targets = table.columns.indices.filter { !conditions.contains($0) }
      throw CommandError(
        "\(table.path): column \"\(table.columns[targets[column]])\" is a linear function of other "
          + "columns, so its density has no bound; --drop it")
    }
  }

  private func fit<Head: DensityPredictor>(
    _ head: Head, fold: DensityFold, data: FoldData, gaussian: LogLikelihood,
    preparation: DensityPreparation, random: RandomSource, progress: EpochCount
  ) throws -> FoldResult {
    let start = ContinuousClock.now
    let (density, stopping): (FoldDensity<Head>, LogLikelihood?)
    do {
      (density, stopping) = try fitted(head, data: data, preparation, random: random) { _ in
        progress.add(1)
      }
    } catch let error as DensityFitError {
      throw explanation(of: error, fold: fold, data: data)
    } catch let error as GaussianDensityError {
      throw CommandError(
        "fold \(fold.name) cannot be whitened: \(error); leave --set whitening=true out")
    }
    let fit = density.fit
    progress.add(settings.epochs - fit.history.count)
    guard let found = try density.logLikelihood(of: data.test, random: random.split("test")) else {
      throw CommandError("the head has no density, exact or estimated; choose another --head")
    }
    try requireFinite(found, rows: fold.test, data: data, of: "the head's")
    if let stopping {
      try requireFinite(stopping, rows: fold.validation, data: data, of: "the head's")
    }
    let elapsed = (ContinuousClock.now - start).components
    return FoldResult(
      fold: fold, kind: found.kind, test: found,
      validation: stopping,
      gaussianTest: gaussian, epochs: fit.history.count, bestEpoch: fit.bestEpoch,
      trainingLoss: fit.history.first { $0.epoch == fit.bestEpoch }?.trainingLoss,
      parameters: fit.head.parameterCount,
      seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
  }

  /// Refuses figures that are not finite, and names the row and the column that made them so.
  private func requireFinite(
    _ found: LogLikelihood, rows: [Int], data: FoldData, of whose: String
  ) throws {
    guard let index = found.values.firstIndex(where: { !$0.isFinite }) else { return }
    throw table.notFinite("\(whose) log-likelihood of this row", row: rows[index], data: data)
  }

  /// What a fit that failed says, with the row that is farthest from the mean where that is the likely cause.
  private func explanation(
    of error: DensityFitError, fold: DensityFold, data: FoldData
  ) -> any Error {
    let row = table.farthestRow(of: fold.training + fold.validation, data: data)
    switch error {
    case .empty: return CommandError("fold \(fold.name): \(error)")
    case .data(let what):
      return table.notFinite(
        "as float32, among the \(what) of fold \(fold.name), it", row: row, data: data)
    case .notFinite:
      return CommandError(
        "fold \(fold.name): \(error). The value farthest from its mean: "
          + table.farthestCell(of: row, data: data))
    }
  }
}

/// Epochs done over all folds, shown on a terminal.
private final class EpochCount: Sendable {
  private let total: Int
  private let state = Lock((done: 0, line: StatusLine()))

  init(total: Int) { self.total = total }

  func add(_ count: Int) {
    state.withLock {
      $0.done += count
      $0.line.show("epochs", $0.done, of: total)
    }
  }

  func clear() { state.withLock { $0.line.clear() } }
}
