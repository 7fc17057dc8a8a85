/// `table.json` of a comparison: figures by variant, with their spread over seeds.
struct TableFile: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    let key: String
    let title: String
    let unit: String
    let better: Direction
  }

  struct Row: Sendable, Equatable {
    let name: String
    let seeds: Int
    let values: [String: Measure]
  }

  let columns: [Column]
  let rows: [Row]

  init(_ json: JSONValue) {
    columns = (json["columns"]?.list ?? []).compactMap { column in
      guard let key = column["key"]?.text else { return nil }
      return Column(
        key: key, title: column["title"]?.text ?? key, unit: column["unit"]?.text ?? "",
        better: Direction(rawValue: column["better"]?.text ?? "") ?? .none)
    }
    let keys = columns.map(\.key)
    rows = (json["rows"]?.list ?? []).compactMap { row in
      guard let name = row["name"]?.text else { return nil }
      let seeds = row["seeds"]
      let count = seeds?.list.isEmpty == false ? seeds?.list.count : seeds?.number.map { Int($0) }
      var values: [String: Measure] = [:]
      for key in keys {
        guard let cell = row["values"]?[key], let mean = cell.number ?? cell["mean"]?.number
        else { continue }
        values[key] = Measure(
          mean: mean, low: cell["low"]?.number, high: cell["high"]?.number,
          deviation: cell["deviation"]?.number, count: count ?? 1)
      }
      return Row(name: name, seeds: count ?? 1, values: values)
    }
  }
}
