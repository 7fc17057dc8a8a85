import ArgumentParser
import Foundation
import JEPA
import JEPAEval
import JEPAHeads

struct DensityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "density", abstract: "Fits a head to a table and reports test log-likelihoods.",
    discussion: """
      The table is a CSV file of numbers under a line with the columns' names, or with --no-header without \
      one; the columns are then called 1, 2 and so on. Columns are scaled to \
      mean 0 and deviation 1 over each fold's rows that are not test rows, and log-likelihoods are \
      those of the scaled rows, in nats per row. The Gaussian with full covariance, fitted to the \
      same rows, is reported in the same run.
      """)

  @Option(
    help: ArgumentHelp(
      "The head: " + JEPATool.heads.names.joined(separator: ", ") + ".", valueName: "name"))
  var head: String
  @Option(
    help: ArgumentHelp("The table, a CSV file.", valueName: "file"), transform: HomePath.expanded)
  var data: String
  @Option(help: "The character between the table's fields; tab, or blanks for runs of blanks.")
  var delimiter = ","
  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first line names the columns; it does, unless it holds numbers only.")
  var header: Bool?
  @Option(
    help: ArgumentHelp(
      "Columns to leave out, separated by commas; may be repeated.", valueName: "columns"))
  var drop: [String] = []
  @Option(
    help: ArgumentHelp(
      "Columns that are given rather than modelled, separated by commas; may be repeated.",
      valueName: "columns"))
  var condition: [String] = []
  @Option(
    help: ArgumentHelp(
      "A CSV file with the columns fold, part (numbers, the last of which is for early stopping, or "
        + "test) and row (from 0).", valueName: "file"), transform: HomePath.expanded)
  var folds: String?
  @Option(help: "Folds to cut at random; 10 where no file gives them.") var randomFolds: Int?
  @Option(
    help: ArgumentHelp(
      "An option of the head or of the training: "
        + DensityOptions.trainingKeys.joined(separator: ", ") + ".", valueName: "key=value"))
  var set: [String] = []
  @Option(help: "Seed of the folds, the weights and the training.") var seed: UInt64 = 0
  @Option(help: "Threads; they change the time only.") var threads: Int?
  @Option(
    help: ArgumentHelp("Where to write the figures as JSON.", valueName: "file"),
    transform: HomePath.expanded)
  var json: String?

  func run() throws {
    if let threads {
      guard threads >= 1 else {
        throw CommandError("--threads \(threads): give a number of at least 1")
      }
      Parallelism.threads = threads
    }
    if let json { try CommandError.requireFolder(of: json, option: "--json") }
    let options = try DensityOptions(head: head, assignments: set)
    let table = try Table(
      contentsOf: data, delimiter: try separator(),
      header: header.map { $0 ? .present : .absent } ?? .automatic, dropping: drop)
    let conditions = try condition.flatMap { try table.indices(of: $0, option: "--condition") }
    guard Set(conditions).count < table.columns.count else {
      throw CommandError("--condition names every column of \(data); leave one to model")
    }
    let random = RandomSource(seed: seed)
    let folds = try chosenFolds(table, random: random.split("folds"))
    let experiment = DensityExperiment(
      table: table, conditions: Set(conditions).sorted(), folds: folds, options: options,
      random: random, notices: table.notices + table.suspectedFillValues())
    let (choice, results) = try options.explaining {
      try JEPATool.heads.run(experiment, head: options.head, isForTable: true)
    }
    let report = DensityReport(
      head: options.head.name, options: try JEPATool.heads.tableOptions(options.head),
      settings: options.training, choice: choice, seed: seed, table: table,
      conditions: experiment.conditions, results: results)
    StandardOutput.write(report.text)
    if let json { try AtomicFile.write(Array(try report.json()), to: json, isNamedByUser: true) }
  }

  private func chosenFolds(_ table: Table, random: RandomSource) throws -> [DensityFold] {
    switch (folds, randomFolds) {
    case (.some(let path), nil): return try DensityFold.read(contentsOf: path, table: table)
    case (nil, let count): return try DensityFold.random(count ?? 10, table: table, random: random)
    case (.some, .some):
      throw CommandError("--folds and --random-folds exclude each other; give one of them")
    }
  }

  private func separator() throws -> Character {
    if delimiter == "tab" || delimiter == "\\t" { return "\t" }
    if delimiter == "blanks" { return " " }
    guard delimiter.count == 1, let character = delimiter.first else {
      throw CommandError("--delimiter \"\(delimiter)\": give one character, tab or blanks")
    }
    return character
  }
}
