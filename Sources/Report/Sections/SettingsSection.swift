import JEPA
import JEPATensor

/// What was run: settings, seeds, images, machine, time; and what the page lacks.
struct SettingsSection {
  let source: ReportSource
  let styles: StyleKey

  var html: HTML {
    var parts = [runs]
    if let base = source.runs.lazy.compactMap(\.configuration).first {
      parts.append(differences(base))
      parts.append(
        .details(
          "All settings of \(source.variants[0].name)",
          [.element("pre", ["tabindex": "0"], [HTML(base.yaml())])]))
    }
    return .section("settings", "What was run", parts)
  }

  private var runs: HTML {
    let rows = source.runs.map { run -> DataTable.Row in
      let configuration = run.configuration
      func text(_ value: String?) -> DataTable.Cell {
        DataTable.Cell(HTML(value ?? "not recorded"))
      }
      let seconds = Self.seconds(run)
      return DataTable.Row(
        header: .name(run.name, styles[run.name]),
        cells: [
          text(run.seed.map(String.init)), text(configuration?.head.name),
          text(configuration?.data.dataset.name),
          text(run.imagesSeen.map(NumberText.count)),
          text(configuration.map { String($0.optimization.epochs) }),
          text(seconds.map { ($0.isEstimate ? "about " : "") + NumberText.duration($0.value) }),
          text(
            (run.cost?.threads.map { Int(bounded: $0) } ?? configuration?.meta.threads).map(
              String.init)),
          text(run.cost?.machine),
        ])
    }
    let titles = [
      "Run", "Seed", "Head", "Images of", "Images seen", "Epochs", "Training time", "Threads",
      "Machine",
    ]
    let isNumber: Set = ["Seed", "Images seen", "Epochs", "Training time", "Threads"]
    return DataTable(
      caption: "Runs. “About”: from the logged images per second, evaluation not counted.",
      columns: titles.map { .init(title: HTML($0), isNumber: isNumber.contains($0)) }, rows: rows
    ).html
  }

  /// As recorded; otherwise images seen over the median of the logged rates.
  static func seconds(_ run: ReportRun) -> (value: Double, isEstimate: Bool)? {
    if let seconds = run.cost?.trainSeconds { return (seconds, false) }
    let rates = run.metrics.compactMap { $0["images_per_second"] }.filter { $0 > 0 }.sorted()
    guard let images = run.imagesSeen, !rates.isEmpty else { return nil }
    return (images / rates[rates.count / 2], true)
  }

  /// Keys in which variants differ.
  private func differences(_ base: TrainingConfiguration) -> HTML {
    let settings = source.variants.map { variant -> [String: String] in
      guard let own = variant.first?.configuration else { return [:] }
      return Dictionary(
        own.differences(from: base).map { ($0.key, $0.new) }, uniquingKeysWith: { $1 })
    }
    let skipped: Set = ["logging.folder", "meta.seed"]
    let keys = Set(settings.flatMap(\.keys)).subtracting(skipped).sorted()
    guard !keys.isEmpty else { return .empty }
    let first = source.variants.compactMap { $0.first?.configuration }
    let old = Dictionary(
      first.flatMap { $0.differences(from: base).map { ($0.key, $0.old) } },
      uniquingKeysWith: { a, _ in a })
    let rows = keys.map { key in
      DataTable.Row(
        header: .code(key),
        cells: settings.map { DataTable.Cell(HTML($0[key] ?? old[key] ?? "–")) })
    }
    return DataTable(
      caption: "Settings in which the runs differ",
      columns: [.init(title: "Setting")]
        + source.variants.map { .init(title: .name($0.name, styles[$0.name]), isNumber: false) },
      rows: rows
    ).html
  }
}

/// What the page would show and cannot, by file.
struct MissingSection {
  let source: ReportSource
  /// What went wrong while pictures were made.
  let further: [MissingPart]

  var html: HTML {
    var items = source.missing.map { item("", $0) } + further.map { item("", $0) }
    // Runs that lack the same for the same reason are named together.
    var byPart: [(part: MissingPart, runs: [String])] = []
    for run in source.runs {
      for part in run.missing {
        let known = byPart.firstIndex { $0.part.name == part.name }
        if let known {
          byPart[known].runs.append(Self.label(run, in: source))
        } else {
          byPart.append((part, [Self.label(run, in: source)]))
        }
      }
    }
    items += byPart.map { item(NumberText.enumeration($0.runs), $0.part) }
    guard !items.isEmpty else { return .empty }
    return .section(
      "missing", "Not on this page",
      [.paragraph("What is missing is left out, never made up.", style: "lead"), .list(items)])
  }

  private static func label(_ run: ReportRun, in source: ReportSource) -> String {
    let many = source.variants.contains { $0.runs.count > 1 }
    return many ? "\(run.name), seed \(run.seed.map(String.init) ?? "unknown")" : run.name
  }

  private func item(_ runs: String, _ part: MissingPart) -> HTML {
    .group([
      HTML(runs.isEmpty ? "" : runs + ": "), .code(part.name), HTML(": " + part.reason + "."),
    ])
  }
}
