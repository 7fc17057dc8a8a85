import JEPA
import JEPAHeads

/// The report as one page that needs nothing else: styles, plots and pictures are in it.
public struct ReportPage {
  let source: ReportSource
  let views: DensityViews
  let heads: HeadList

  /// - Parameters:
  ///   - source: what was read.
  ///   - views: what was computed from checkpoints.
  ///   - heads: those that have a color and an explanation of their own.
  public init(
    _ source: ReportSource, views: DensityViews = DensityViews(), heads: HeadList = .standard
  ) {
    (self.source, self.views, self.heads) = (source, views, heads)
  }

  /// The page's text.
  /// - Throws: `ImageError` where a picture cannot be encoded.
  public func html() throws -> String {
    let table = FigureTable(source)
    let findings = Findings(source: source, table: table, heads: heads)
    let styles = findings.styles
    let sections: [(id: String, title: String, html: HTML)] = [
      ("summary", "In short", summary(findings)),
      (
        "intervals", "At a glance",
        IntervalSection(source: source, table: table, styles: styles).html
      ),
      ("figures", "Results", TableSection(source: source, table: table, styles: styles).html),
      ("caveats", "What cannot be compared", caveats),
      ("ablation", "Ablation", AblationSection(source: source, table: table).html),
      ("curves", "Learning curves", CurveSection(source: source, styles: styles).html),
      ("calibration", "Calibration", CalibrationSection(source: source, styles: styles).html),
      ("ranking", "Uncertainty and errors", RankingSection(source: source, styles: styles).html),
      ("densities", "Densities", try DensitySection(views: views, styles: styles).html()),
      ("samples", "What draws look like", try samples(styles)),
      ("masks", "Masks", try MaskSection(masks: views.masks).html()),
      ("settings", "What was run", SettingsSection(source: source, styles: styles).html),
      ("missing", "Not on this page", MissingSection(source: source, further: views.missing).html),
      ("words", "Words", .section("words", "Words", [ReadingSection.words(heads)])),
    ].filter { $0.html != .empty }
    let links = sections.map { section in
      HTML.element("a", ["href": "#" + section.id], [HTML(section.title)])
    }
    let head: [HTML] = [
      .element("meta", ["charset": "utf-8"]),
      .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .element("meta", ["name": "color-scheme", "content": "light dark"]),
      .element("title", [:], [HTML(title)]),
      .element("link", ["rel": "icon", "href": "data:,"]),
      Stylesheet.html,
    ]
    let body: [HTML] = [
      .element("a", ["class": "skip", "href": "#main"], ["To the report"]),
      .element(
        "header", [:],
        [
          .element("p", ["class": "kicker"], [HTML(kicker)]),
          .element("h1", [:], [HTML(source.title)]),
          .element("p", ["class": "subtitle"], [HTML(subtitle)]),
        ]),
      .element("nav", ["aria-label": "Sections"], links),
      .element("main", ["id": "main"], sections.map(\.html)),
      .element("footer", [:], [.paragraph("Written by jepa report. ", HTML(Self.closing))]),
    ]
    return HTML.document(language: "en", head: head, body: body)
  }

  private static let closing =
    "Every figure is read from the runs' files or computed from their checkpoints."

  private var title: String { "\(source.title): report" }

  private var kicker: String {
    switch source.kind {
    case .run: "Probabilistic JEPA: report of a run"
    case .runs: "Probabilistic JEPA: report of several runs"
    case .comparison: "Probabilistic JEPA: comparison"
    case .ablation: "Probabilistic JEPA: ablation"
    }
  }

  private var subtitle: String {
    let heads = source.variants.compactMap(\.headName)
    var parts: [String] = []
    if source.variants.count > 1 { parts.append("\(source.variants.count) variants") }
    if let head = heads.first, Set(heads).count == 1 { parts.append("\(head) head") }
    let data = Set(source.runs.compactMap { $0.configuration?.data.dataset.name }).sorted()
    if !data.isEmpty { parts.append("on \(NumberText.enumeration(data))") }
    let seen = source.runs.compactMap(\.imagesSeen)
    if let low = seen.min(), let high = seen.max() {
      parts.append(
        low == high
          ? "\(NumberText.count(low)) images seen"
          : "\(NumberText.count(low)) to \(NumberText.count(high)) images seen")
    }
    if let seeds = source.variants.map(\.runs.count).max(), seeds > 1 {
      parts.append("up to \(seeds) seeds")
    }
    return parts.joined(separator: " · ")
  }

  private func summary(_ findings: Findings) -> HTML {
    .section(
      "summary", "In short",
      [
        ReadingSection.introduction,
        .paragraph(HTML(findings.headline), style: "headline"),
        .list(findings.sentences, style: "findings"),
      ])
  }

  private var caveats: HTML {
    let items = Caveats(source: source).items
    guard !items.isEmpty else { return .empty }
    return .section("caveats", "What cannot be compared, and why", [.list(items)])
  }

  private func samples(_ styles: StyleKey) throws -> HTML {
    guard !views.groups.isEmpty else { return .empty }
    let size = views.groups.lazy.compactMap { $0.answers.first?.answers.first?.bankSize }.first ?? 0
    return .section(
      "samples", "What draws look like",
      [
        .paragraph(
          HTML(
            "Nothing turns an embedding back into pixels, but the real patch with the most similar "
              + "embedding can be shown: for every hidden patch of a draw, the nearest of "
              + "\(NumberText.count(Double(size))) patches of training images, by the run's own encoder. "
              + "“Truth, via the bank” is what that makes of the true embeddings: no draw can look "
              + "better. Heads draw each patch on its own, so that the patches of one draw need not "
              + "agree with each other."), style: "lead")
      ]
        + (try views.groups.enumerated().map {
          try SampleSection(group: $1, number: $0, styles: styles).html()
        }))
  }
}
