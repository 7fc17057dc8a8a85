import JEPA
import JEPAData
import JEPAPoint
import JEPATensor
import Testing

@testable import JEPAReport

@Suite struct PageTests {
  private func page(_ fixture: Fixture, _ paths: [String]) throws -> String {
    try ReportPage(ReportSource(paths: paths.map { fixture.path + "/" + $0 })).html()
  }

  /// What makes a page whole: nothing outside it, no script, names that exist once, headings in order.
  private func expectWhole(_ page: String) {
    #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\"><head>"))
    #expect(page.contains("<title>") && page.contains("name=\"viewport\""))
    #expect(!page.contains("<script") && !page.contains("http") && !page.contains("@import"))
    for match in page.matches(of: /(?:src|href)="([^"]*)"/) {
      #expect(match.1.hasPrefix("#") || match.1.hasPrefix("data:"), "\(match.1.prefix(80))")
    }
    let ids = page.matches(of: /\ id="([^"]*)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    let references =
      page.matches(of: /aria-labelledby="([^"]*)"/).flatMap { $0.1.split(separator: " ") }
      + page.matches(of: /href="#([^"]*)"/).map { $0.1 }
    for reference in references { #expect(ids.contains(String(reference)), "\(reference)") }
    let levels = page.matches(of: /<h([1-6])/).compactMap { Int($0.1) }
    #expect(levels.first == 1 && levels.filter { $0 == 1 }.count == 1)
    for (level, next) in zip(levels, levels.dropFirst()) { #expect(next <= level + 1) }
    for svg in page.matches(of: /<svg [^>]*>/) where !svg.0.contains("aria-hidden") {
      #expect(svg.0.contains("role=\"img\""))
    }
    let tables = page.matches(of: /<table[^>]*>/).count
    #expect(page.matches(of: /<table[^>]*><caption>/).count == tables)
  }

  @Test func aComparison() throws {
    let fixture = try Fixture()
    try fixture.run("point", head: "point", shift: 1, knn: 0.2)
    try fixture.run("flow", head: "flow", shift: 0, knn: 0.4)
    try fixture.comparison([
      ("point", "point", ["head.name=point"]), ("flow", "flow", ["head.name=flow"]),
    ])
    let page = try ReportPage(ReportSource(paths: [fixture.path])).html()
    expectWhole(page)
    for id in [
      "summary", "intervals", "figures", "caveats", "curves", "calibration", "ranking", "settings",
      "missing", "words",
    ] {
      #expect(page.contains("<section id=\"\(id)\""), "\(id)")
    }
    #expect(!page.contains("<section id=\"ablation\"") && !page.contains("id=\"densities\""))
    #expect(page.contains("<code>cost.json</code>: not there"))
    #expect(
      page.contains("Against the known truth") && page.contains("a perfect head with as many"))
    #expect(page.utf8.count < 400_000)
  }

  @Test func anAblation() throws {
    let fixture = try Fixture()
    for (components, shift) in [(1, 1.0), (4, 0.5), (16, 0)] {
      try fixture.run("c\(components)", shift: shift, knn: 0.3)
    }
    try fixture.comparison(
      kind: "ablate",
      [1, 4, 16].map { ("components=\($0)", "c\($0)", ["head.components=\($0)"]) })
    let page = try ReportPage(ReportSource(paths: [fixture.path])).html()
    expectWhole(page)
    #expect(page.contains("id=\"ablation-head-components-nll_minus_gaussian-t\""))
    #expect(!page.contains("id=\"ablation-head-components-knn-t\""), "kNN is 30 % in all of them")
    #expect(page.contains("against head.components</title>"))
  }

  /// Names are text, whatever they hold, and a run that has nothing still has a page.
  @Test func hostileNamesAndEmptyRuns() throws {
    let fixture = try Fixture()
    let name = "<img onerror='x'>&\""
    try fixture.write("step\n", to: name + "/metrics.csv")
    let page = try page(fixture, [name])
    expectWhole(page)
    #expect(!page.contains("<img") && page.contains("&lt;img onerror=&#39;x&#39;&gt;&amp;&quot;"))
    #expect(page.contains("None are on file."))
    #expect(page.contains("Nothing has been measured of this run yet"))
  }

  /// Pictures are in the page, and what is seen closely belongs to the model.
  @Test func densities() throws {
    let fixture = try Fixture()
    try fixture.run("a", head: "point", settings: ["target.noise=0.1", "target.helmert=true"])
    let source = try ReportSource(paths: [fixture.path + "/a"])
    let configuration = try #require(source.runs[0].configuration)
    var views = DensityViews()
    views.add(try MaskExamples(configuration, count: 1), variant: "a")
    let questions = try HiddenQuestion.some(configuration)
    let model = try configuration.model { context, target, random in
      PointHead(contextDimensions: context, targetDimensions: target, using: &random)
    }
    let probe = try DensityProbe(
      model: model, target: model.encoder, dataset: configuration.data.openDataset(.train),
      draws: 16, pictures: 2, bankPatches: 64)
    views.add(
      try questions.map { try probe.answer($0, using: RandomSource(seed: 0)) }, to: questions,
      variant: "a")
    let page = try ReportPage(source, views: views).html()
    expectWhole(page)
    #expect(page.contains("<section id=\"densities\"") && page.contains("<section id=\"masks\""))
    #expect(page.contains("href=\"data:image/png;base64,iVBOR"))
  }
}
