import JEPAEval
import JEPATensor

/// `table.json` of a comparison: figures by variant, with their spread over seeds.
struct TableFile: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    /// As the file describes it; its values are shown as they are.
    let metric: Metric

    var key: String { metric.key }
    var title: String { metric.title }
    var unit: String { metric.unit }
    var better: Metric.Direction { metric.better }
  }

  struct Row: Sendable, Equatable {
    let name: String
    /// None for a floor, which no training changes.
    let seeds: Int
    let values: [String: Measure]
  }

  let columns: [Column]
  let rows: [Row]

  init(_ json: JSONValue) {
    columns = (json["columns"]?.list ?? []).compactMap { column in
      guard let key = column["key"]?.text else { return nil }
      return Column(
        metric: Metric(
          key, title: column["title"]?.text ?? key, unit: column["unit"]?.text ?? "",
          better: Metric.Direction(rawValue: column["better"]?.text ?? "") ?? .none,
          meaning: column["meaning"]?.text ?? ""))
    }
    let keys = columns.map(\.key)
    rows = (json["rows"]?.list ?? []).compactMap { row in
      guard let name = row["name"]?.text else { return nil }
      let seeds: Int
      if case .list(let list)? = row["seeds"] {
        seeds = list.count
      } else {
        seeds = row["seeds"]?.number.map { Int(bounded: $0) } ?? 1
      }
      var values: [String: Measure] = [:]
      for key in keys {
        guard let cell = row["values"]?[key] else { continue }
        values[key] = Self.measure(cell, seeds: max(1, seeds))
      }
      return Row(name: name, seeds: seeds, values: values)
    }
  }

  /// A figure over seeds. Of several, `low` and `high` are the mean less and plus the deviation, which is
  /// no interval of the mean: that is made of the deviation.
  private static func measure(_ cell: JSONValue, seeds: Int) -> Measure? {
    guard let mean = cell.number ?? cell["mean"]?.number else { return nil }
    let count = cell["count"]?.number.map { Int(bounded: $0) } ?? seeds
    guard count > 1, let deviation = cell["deviation"]?.number else {
      return Measure(mean: mean, low: cell["low"]?.number, high: cell["high"]?.number)
    }
    return Measure(mean: mean, deviation: deviation, count: count)
  }
}
