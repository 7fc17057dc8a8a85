import JEPATensor

/// Which rows of a table train a density, stop its training, and test it. No row has two parts.
public struct DensityFold: Sendable, Equatable {
  /// As the reports call it.
  public let name: String
  /// Rows (from 0) that the parameters are fitted to.
  public let training: [Int]
  /// Rows for early stopping and for choosing hyper-parameters; may be empty.
  public let validation: [Int]
  /// Rows that figures are reported on.
  public let test: [Int]

  public init(name: String, training: [Int], validation: [Int], test: [Int]) {
    self.name = name
    self.training = training
    self.validation = validation
    self.test = test
  }

  /// `count` folds at random: the rows are shuffled and cut into `count` test parts; a tenth of a
  /// fold's other rows, at least one, is for early stopping.
  ///
  /// - Throws: ``TableError`` for fewer than two folds or too few rows for them.
  public static func random(
    _ count: Int, table: Table, random: RandomSource
  ) throws -> [DensityFold] {
    guard count >= 2 else {
      throw TableError(
        table.path, "--random-folds \(count) leaves nothing to train on; give 2 or more")
    }
    guard table.rows >= max(count, 4) else {
      throw TableError(
        table.path, "\(table.rows) rows are too few for --random-folds \(count); give more rows")
    }
    var source = random
    let order = source.permutation(table.rows)
    return (0..<count).map { fold in
      let test = fold * order.count / count..<(fold + 1) * order.count / count
      let rest = Array(order[..<test.lowerBound] + order[test.upperBound...])
      // Which tenth changes with the fold, so that no rows are left out of training everywhere.
      let length = max(1, rest.count / 10)
      let start = fold * (rest.count - length) / max(1, count - 1)
      return DensityFold(
        name: String(fold + 1),
        training: Array(rest[..<start] + rest[(start + length)...]),
        validation: Array(rest[start..<start + length]), test: Array(order[test]))
    }
  }

  /// Folds from a CSV file with the columns `fold`, `part` and `row` (from 0), one line for each row of
  /// the table in each fold.
  ///
  /// `part` is `test` or a number. The part with the highest number is for early stopping and the
  /// others for training; if there is one number only, all of it is for training.
  ///
  /// - Throws: ``TableError`` that names the line: a row that the table does not have, a row in two
  ///   parts of one fold, an unknown part, or a fold without training or test rows.
  public static func read(contentsOf path: String, table: Table) throws -> [DensityFold] {
    let records = try CSVRecords(contentsOf: path, delimiter: ",")
    let columns = try ["fold", "part", "row"].map {
      try records.index(of: $0, option: "--folds")
    }
    var order: [String] = []
    var folds: [String: Parts] = [:]
    for record in records.body {
      let cells = columns.map { records.fields.trimmed(record, $0) }
      guard let row = Int(cells[2]), (0..<table.rows).contains(row) else {
        throw TableError(
          path, line: record.line, column: "row",
          "holds \"\(cells[2])\"; \(table.path) has rows 0 to \(table.rows - 1)")
      }
      guard !cells[0].isEmpty else {
        throw TableError(path, line: record.line, column: "fold", "has a missing cell; fill it")
      }
      if folds[cells[0]] == nil { order.append(cells[0]) }
      try folds[cells[0], default: Parts()].add(
        row, to: cells[1], fold: cells[0], path: path, line: record.line)
    }
    guard !order.isEmpty else {
      throw TableError(path, "lists no rows under its header; list every fold's")
    }
    return try order.map { name in
      guard let parts = folds[name] else { requirementFailed("DensityFold: lost fold \(name)") }
      return try parts.fold(name: name, path: path)
    }
  }
}

/// The rows of one fold while its list is read.
private struct Parts {
  private var rows: [String: [Int]] = [:]
  private var partOfRow: [Int: String] = [:]

  mutating func add(_ row: Int, to part: String, fold: String, path: String, line: Int) throws {
    guard part == "test" || Int(part) != nil else {
      throw TableError(
        path, line: line, column: "part", "holds \"\(part)\"; it must be a number or test")
    }
    if let earlier = partOfRow.updateValue(part, forKey: row) {
      throw TableError(
        path, line: line,
        "row \(row) is in part \(earlier) of fold \(fold) already; list it once")
    }
    rows[part, default: []].append(row)
  }

  func fold(name: String, path: String) throws -> DensityFold {
    let numbers = rows.keys.filter { $0 != "test" }.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
    guard !numbers.isEmpty else {
      throw TableError(path, "fold \(name) has no training rows; give some a part with a number")
    }
    guard let test = rows["test"] else {
      throw TableError(path, "fold \(name) has no test rows; give some the part test")
    }
    let split = numbers.count > 1 ? numbers.count - 1 : numbers.count
    return DensityFold(
      name: name, training: numbers[..<split].flatMap { rows[$0] ?? [] },
      validation: numbers[split...].flatMap { rows[$0] ?? [] }, test: test)
  }
}
