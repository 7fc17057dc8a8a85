import Foundation

/// Figures of several models side by side: one row a model, with the mean over its seeds. What a model
/// lacks has no value; it is a dash in text and absent in JSON, never 0.
public struct ComparisonTable: Sendable, Equatable, Codable {
  public struct Column: Sendable, Equatable, Codable {
    public let key: String
    public let title: String
    public let unit: String
    public let better: Metric.Direction
    /// Digits after the point in text.
    let digits: Int
    /// In plain words; nil in older files.
    public let meaning: String?

    init(_ metric: Metric) {
      (key, title, unit) = (metric.key, metric.shortTitle, metric.unit)
      (better, digits) = (metric.better, metric.digits)
      meaning = metric.meaning
    }

    enum CodingKeys: String, CodingKey { case key, title, unit, better, meaning, digits }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      key = try container.decode(String.self, forKey: .key)
      title = try container.decode(String.self, forKey: .title)
      unit = try container.decode(String.self, forKey: .unit)
      better = try container.decode(Metric.Direction.self, forKey: .better)
      meaning = try container.decodeIfPresent(String.self, forKey: .meaning)
      digits = try container.decodeIfPresent(Int.self, forKey: .digits) ?? 3
    }
  }

  /// A figure over seeds.
  public struct Value: Sendable, Equatable, Codable {
    public let mean: Double
    /// Of one seed, the figure's own interval, where it has one; of several, the mean less the deviation.
    public let low: Double?
    public let high: Double?
    /// Over seeds (divided by their number less one); nil for one seed.
    public let deviation: Double?
    /// Seeds that have the figure.
    public let count: Int
  }

  public struct Row: Sendable, Equatable, Codable {
    public let name: String
    /// Those measured; empty for what no seed changes.
    public let seeds: [UInt64]
    public let values: [String: Value]
  }

  public let columns: [Column]
  public let rows: [Row]

  /// What was measured of one model.
  public struct Evidence: Sendable {
    public var seed: UInt64
    public var features: EvaluationReport?
    public var uncertainty: UncertaintyReport?
    public var cost: CostFigures?

    public init(
      seed: UInt64, features: EvaluationReport? = nil, uncertainty: UncertaintyReport? = nil,
      cost: CostFigures? = nil
    ) {
      self.seed = seed
      self.features = features
      self.uncertainty = uncertainty
      self.cost = cost
    }
  }

  /// - Parameters:
  ///   - models: rows with their seeds, in order.
  ///   - floors: rows that no training changes, such as raw pixels.
  ///   - further: figures of probes and of ``DensityMetric``s that are not the package's.
  public init(
    models: [(name: String, seeds: [Evidence])],
    floors: [(name: String, report: EvaluationReport)] = [], further: [Metric] = []
  ) {
    let all = ComparisonColumn.all + further.map { ComparisonColumn($0) }
    func values(_ seeds: [Evidence]) -> [String: Value] {
      all.reduce(into: [:]) { values, column in
        let estimates = seeds.compactMap(column.read).filter { $0.value != nil }
        values[column.metric.key] = Value(estimates)
      }
    }
    let trained = models.map { name, seeds in
      Row(name: name, seeds: seeds.map(\.seed), values: values(seeds))
    }
    let untrained = floors.map { name, report in
      Row(name: name, seeds: [], values: values([Evidence(seed: 0, features: report)]))
    }
    rows = trained + untrained
    let known = Set(rows.flatMap(\.values.keys))
    columns = all.filter { known.contains($0.metric.key) }.map { Column($0.metric) }
  }

  // MARK: Files

  /// The table as JSON, keys sorted.
  public func json() throws -> Data { try EvaluationFile.json(of: self) }

  /// One line a row: `name`, `seeds`, and for each column its mean, and under `KEY_deviation`,
  /// `KEY_low` and `KEY_high` the rest, where some row has it; empty cells for what there is not.
  public func csv() -> String {
    struct Field {
      let name: String
      let cell: (Row) -> Double?
    }
    let fields = columns.flatMap { column -> [Field] in
      let key = column.key
      return [
        Field(name: key) { $0.values[key]?.mean },
        Field(name: key + "_deviation") { $0.values[key]?.deviation },
        Field(name: key + "_low") { $0.values[key]?.low },
        Field(name: key + "_high") { $0.values[key]?.high },
      ].filter { field in rows.contains { field.cell($0) != nil } }
    }
    let header = ["name", "seeds"] + fields.map(\.name)
    let lines = rows.map { row in
      [Self.quoted(row.name), row.seeds.map(String.init).joined(separator: " ")]
        + fields.map { field in field.cell(row).map { "\($0)" } ?? "" }
    }
    return ([header] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// A table with one row a model: the mean, ± the deviation over seeds, or [low, high] of a single one.
  public func markdown() -> String {
    let titles = columns.map { column in
      let arrow =
        switch column.better {
        case .high: " ↑"
        case .low: " ↓"
        case .near, .none: ""
        }
      return column.title + (column.unit.isEmpty ? "" : ", \(column.unit)") + arrow
    }
    let lines = rows.map { row in
      [row.name.replacing("|", with: "\\|")]
        + columns.map { column in
          row.values[column.key]?.text(digits: column.digits) ?? "–"
        }
    }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    return line([""] + titles) + line(["---"] + titles.map { _ in "---:" })
      + lines.map(line).joined()
  }
}

extension ComparisonTable.Value {
  /// Nil for none.
  init?(_ estimates: [Estimate]) {
    let values = estimates.compactMap(\.value)
    guard let first = values.first else { return nil }
    count = values.count
    guard count > 1 else {
      (mean, deviation) = (first, nil)
      (low, high) = (estimates[0].low, estimates[0].high)
      return
    }
    let mean = values.reduce(0, +) / Double(count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(count - 1)).squareRoot()
    (self.mean, self.deviation) = (mean, deviation)
    (low, high) = (mean - deviation, mean + deviation)
  }

  func text(digits: Int) -> String {
    func number(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
    if let deviation { return number(mean) + " ± " + number(deviation) }
    guard let low, let high else { return number(mean) }
    return number(mean) + " [" + number(low) + ", " + number(high) + "]"
  }
}
