/// Finds out which fields of a file's lines are columns, and what they are called.
struct CSVLayout {
  let path: String
  let delimiter: Character
  /// The columns' names, as far as they are known.
  private(set) var names: [String] = []
  /// The lines of values.
  private(set) var body: [CSVFields.Record]
  let fields: CSVFields
  /// What was left out or looks like a mistake.
  private(set) var notices: [String] = []
  private var headerLine: Int?

  /// - Throws: ``TableError``, of the lines.
  init(path: String, delimiter: Character, lines: inout CSVParser) throws {
    self.path = path
    self.delimiter = delimiter
    (fields, body) = try lines.records()
  }

  /// Takes the names from the first line, or numbers the columns from 1.
  mutating func findNames(_ header: Table.Header) throws {
    guard let first = body.first else {
      throw TableError(path, "is empty; the first line must name the columns")
    }
    try checkDelimiter(first)
    if header == .absent {
      names = (1...first.count).map(String.init)
      return
    }
    names = (0..<first.count).map { fields.trimmed(first, $0) }
    headerLine = first.line
    body.removeFirst()
    // What NumPy writes above a table is a comment.
    if let name = names.first, name.count > 1, name.hasPrefix("#") {
      names[0] = name.dropFirst().trimmingBlanks
    }
    let filled = names.filter { !$0.isEmpty }
    if header == .automatic, names.first != "", filled.allSatisfy({ Double(decimal: $0) != nil }) {
      throw TableError(
        path, line: first.line,
        "the first line holds numbers only; give --no-header if they are values, or --header if "
          + "they are the columns' names")
    }
  }

  /// Refuses a line that is a single field but looks like several.
  private func checkDelimiter(_ first: CSVFields.Record) throws {
    guard first.count == 1 else { return }
    let field = fields.text(first, 0)
    let other = ";,\t|".first { $0 != delimiter && field.contains($0) }
    var hint = other.map { $0 == "\t" ? "tab" : "'\($0)'" }
    if hint == nil, let record = body.last, record.count == 1 {
      let words = fields.text(record, 0).split { $0 == " " || $0 == "\t" }
      if words.count > 1, words.allSatisfy({ Double(decimal: $0) != nil }) { hint = "blanks" }
    }
    guard let hint else { return }
    let shown = field.count > 40 ? field.prefix(40) + "…" : field[...]
    throw TableError(
      path, line: first.line,
      "the header is the single field \"\(shown)\"; is the delimiter really \"\(delimiter)\"? "
        + "give another with --delimiter, such as \(hint)")
  }

  /// Lets go of fields after the last column that are empty on every line.
  mutating func cutTrailingDelimiters() throws {
    if headerLine == nil {
      let width = body.reduce(0) { max($0, fields.used($1)) }
      if width < names.count { names.removeLast(names.count - width) }
    } else {
      let named = (names.lastIndex { !$0.isEmpty } ?? -1) + 1
      if named < names.count, body.contains(where: { fields.used($0) > named }) {
        throw TableError(
          path, line: headerLine, "column \(named + 1) has no name in the header; name it")
      }
      names.removeLast(names.count - named)
    }
    for index in body.indices where body[index].count > names.count {
      body[index].removeLast(body[index].count - max(names.count, fields.used(body[index])))
    }
  }

  /// Leaves out a first column that names or counts the lines, as pandas and R write it.
  mutating func leaveOutIndex() throws {
    let isImplicit =
      headerLine != nil && !body.isEmpty
      && body.allSatisfy { $0.count == names.count + 1 } && isIndex
    for record in body where !isImplicit && record.count != names.count {
      throw ragged(record)
    }
    guard headerLine != nil, let first = names.first else { return }
    if isImplicit {
      notices.append(
        "\(path): every line has a field more than the header, as where R writes the rows' names; "
          + "the first field is left out")
    } else if first.isEmpty, names.count > 1, isIndex {
      notices.append(
        "\(path): the first column has no name, as where pandas or R write the index; it is left "
          + "out. To keep it, name it in the header")
      names.removeFirst()
    } else if first.hasPrefix("Unnamed: "), names.count > 1, counts(0) {
      notices.append(
        "\(path): column \"\(first)\" counts the rows, as an index that pandas read and wrote "
          + "again; it is left out. To keep it, give it another name")
      names.removeFirst()
    } else {
      return
    }
    for index in body.indices { body[index].removeFirst() }
  }

  /// Every column needs a name of its own.
  mutating func checkNames() throws {
    var seen = Set<String>()
    for (index, name) in names.enumerated() {
      if name.isEmpty {
        throw TableError(
          path, line: headerLine, "column \(index + 1) has no name in the header; name it")
      }
      if !seen.insert(name).inserted {
        throw TableError(
          path, line: headerLine, column: name, "is named twice in the header; rename one of them")
      }
    }
    for (index, name) in names.enumerated() where body.count >= 10 && counts(index) {
      notices.append(
        "\(path): column \"\(name)\" counts the rows; if it is an index, --drop it")
    }
  }

  /// Whether the first fields can be an index: integers, or anything that is not a number.
  private var isIndex: Bool {
    let filled = body.lazy.filter { $0.count > 0 }
    return filled.contains { fields.number($0, 0) == nil }
      || filled.allSatisfy { fields.number($0, 0).map { $0 == $0.rounded() } ?? false }
  }

  /// Whether a column's values are k, k + 1, k + 2 and so on.
  private func counts(_ column: Int) -> Bool {
    var last: Double?
    for record in body {
      guard let value = fields.number(record, column) else { return false }
      if let last, value != last + 1 { return false }
      last = value
    }
    return last.map { $0 == $0.rounded() } ?? false
  }

  private func ragged(_ record: CSVFields.Record) -> TableError {
    let (fields, columns) = (record.count, names.count)
    return TableError(
      path, line: record.line,
      "\(fields) field\(fields == 1 ? "" : "s") under \(columns) column\(columns == 1 ? "" : "s"); "
        + "complete or remove the line")
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String { String(self).trimmingBlanks }
}
