import JEPAEval
import Testing

@testable import JEPAReport

@Suite struct FindingsTests {
  private func findings(
    _ runs: [(name: String, head: String, shift: Double?, knn: Double?)]
  ) throws -> Findings {
    let fixture = try Fixture()
    for run in runs {
      try fixture.run(run.name, head: run.head, shift: run.shift, knn: run.knn)
    }
    let source = try ReportSource(paths: runs.map { fixture.path + "/" + $0.name })
    return Findings(source: source, table: FigureTable(source))
  }

  /// Markup without its tags.
  private func text(_ html: HTML) -> String { html.markup.replacing(/<[^>]*>/, with: "") }

  @Test func theBestAndWhatIsWithinNoiseOfIt() throws {
    let findings = try findings([
      ("a", "point", 1, 0.30), ("b", "flow", 0, 0.31), ("c", "mixture", nil, 0.10),
    ])
    let knn = try #require(findings.table["knn"])
    #expect(knn.best == 1)
    #expect(knn.contrasts == [.within, nil, .clear])
    let nats = try #require(findings.table["nll_minus_gaussian"])
    #expect(nats.best == 1 && nats.isPaired && nats.values[2] == nil)
    #expect(nats.contrasts == [.clear, nil, nil])

    let sentences = findings.sentences.map(text)
    #expect(sentences[0].contains("kNN accuracy: b is best with 31"))
    #expect(sentences[0].contains("Within noise of it: a. Clearly worse: c."))
    #expect(sentences[0].contains("a random encoder 12.5\u{A0}%"))
    #expect(!sentences[0].contains("Not clearly above"))
    #expect(findings.headline.contains("have a clear best: b by"))
  }

  @Test func whoIsBehindByMostMeasures() throws {
    let findings = try findings([
      ("a", "point", 2, 0.10), ("b", "flow", 0, 0.31), ("c", "mixture", 0, 0.31),
    ])
    #expect(
      findings.headline.hasSuffix("Clearly behind the best by most: a (6 of 7)."),
      "\(findings.headline)")
  }

  @Test func calibrationOfSeveral() throws {
    func value(_ mean: Double, _ halfWidth: Double?) -> Measure {
      Measure(mean: mean, low: halfWidth.map { mean - $0 }, high: halfWidth.map { mean + $0 })
    }
    let figure = try #require(Figure.catalogue.first { $0.key == "pit_dispersion" })
    let values = [
      value(1.01, 0.02), value(1.02, 0.01), value(1.3, 0.1), value(0.9, 0.05), value(1, nil),
    ]
    let table = FigureTable(
      variants: ["a", "b", "c", "d", "e"],
      rows: [
        .init(
          figure: figure, values: values, contrasts: values.map { _ in nil }, best: nil)
      ])
    let styles = StyleKey(table.variants.map { ($0, nil) }, heads: [])
    let sentence = try #require(CalibrationFinding(table: table, styles: styles).sentence)
    #expect(
      text(sentence)
        == "Calibration: Spreads are right on average, within noise: a. Right within 5 %: b. "
        + "Too small (overconfident; PIT dispersion above 1): c (1.30). "
        + "Too large (underconfident; PIT dispersion below 1): d (0.90). Without an interval: e. ")
  }

  @Test func floorsAreSaidNotToBeReached() throws {
    let findings = try findings([("a", "point", nil, 0.12), ("b", "flow", nil, 0.11)])
    #expect(text(findings.sentences[0]).hasSuffix("Not clearly above a random encoder."))
    #expect(findings.headline.contains("none of the 2 stands out"))
  }

  @Test func equalValuesHaveNoBest() throws {
    let findings = try findings([("a", "point", nil, 0.2), ("b", "flow", nil, 0.2)])
    #expect(findings.table["knn"]?.best == nil)
    #expect(text(findings.sentences[0]).contains("a 20.0"))
  }

  @Test func overconfidenceIsNamed() throws {
    // An offset has targets in the tails of what is predicted.
    let findings = try findings([("a", "point", 2, nil)])
    #expect(text(findings.sentences.last ?? .empty).contains("too small (overconfident)"))
  }

  @Test func valuesOverSeedsAndFromTheTable() throws {
    let fixture = try Fixture()
    for (seed, knn) in [(0, 0.3), (1, 0.4)] {
      try fixture.run("a-seed\(seed)", seed: seed, knn: knn)
    }
    try fixture.comparison([("a", "a-seed0", []), ("a", "a-seed1", [])])
    let mean = try #require(
      FigureTable(try ReportSource(paths: [fixture.path]))["knn"]?.values[0] ?? nil)
    #expect(abs(mean.mean - 0.35) < 1e-12 && mean.count == 2)
    #expect(abs((mean.deviation ?? 0) - 0.1 / 2.0.squareRoot()) < 1e-12)

    try fixture.write(
      """
      {"columns":[{"key":"attentive","unit":"%","better":"high"},{"key":"own","title":"Own","better":"low"}],
       "rows":[{"name":"a","seeds":[0,1],"values":{"attentive":{"mean":36,"deviation":7},"own":{"mean":2}}},
               {"name":"random encoder","seeds":[],"values":{"attentive":{"mean":8}}}]}
      """, to: "table.json")
    let source = try ReportSource(paths: [fixture.path])
    let table = FigureTable(source)
    // The table's per cent are shares of 1 here.
    let row = try #require(table["attentive"])
    #expect(row.values[0]?.mean == 0.36 && row.values[0]?.deviation == 0.07)
    #expect(Floors(source).values(of: "attentive").map(\.value) == [0.08])
    #expect(table["own"]?.figure.title == "Own" && table["own"]?.figure.topic == .others)
  }

  @Test func caveats() throws {
    let fixture = try Fixture()
    try fixture.run("a", shift: 0)
    try fixture.run("b", head: "flow", shift: 1, settings: ["optimization.lr=0.5"])
    let source = try ReportSource(paths: ["a", "b"].map { fixture.path + "/" + $0 })
    let items = Caveats(source: source).items.map(text)
    #expect(items.contains { $0.contains("an encoder of its own") })
    #expect(items.contains { $0.contains("more than what is compared: optimization.lr.") })
    #expect(items.contains { $0.contains("One seed a variant") })
  }

  @Test func targetsOfAnEncoderThatStaysAsItWasDrawn() throws {
    let fixture = try Fixture()
    let still = ["optimization.ema=[1.0, 1.0]"]
    try fixture.run("a", shift: 0, settings: still)
    try fixture.run("b", head: "flow", shift: 1, settings: still)
    try fixture.run("wide", shift: 1, settings: still + ["meta.embed_dim=48"])
    try fixture.run("others", shift: 1, settings: still + ["data.scene_seed=1"])
    try fixture.run("long", seed: 1, shift: 1, settings: still + ["optimization.epochs=90"])
    try fixture.run("moving", shift: 1)
    func items(_ names: [String]) throws -> [String] {
      let source = try ReportSource(paths: names.map { fixture.path + "/" + $0 })
      return Caveats(source: source).items.map(text)
    }
    #expect(try items(["a", "b", "long"]).contains { $0.contains("have the same targets") })
    for other in ["wide", "others", "moving"] {
      let found = try items(["a", other])
      #expect(found.contains { $0.contains("an encoder of its own") }, "\(other)")
    }
  }

  @Test func smallCostsKeepTheirDigits() {
    let figure = Figure(metric: .known("sample_time"), topic: .cost)
    let values = [128e-6, 0.142e-6].map { Measure(mean: $0) }
    let text = MeasureText(figure, values)
    #expect(values.map(text.mean) == ["128", "0.14"])
    #expect(text.mean(Measure(mean: 0)) == "0")
    // Over seeds, too.
    let seeds = [128e-6, 0.142e-6].map { Measure(mean: $0, deviation: $0 / 10, count: 3) }
    #expect(MeasureText(figure, seeds).mean(seeds[1]) == "0.142")
    #expect(MeasureText(figure, seeds).spread(seeds[1]) == "± 0.014")
    #expect(seeds.map(MeasureText(figure, seeds).whole)[0] == "128\u{A0}µs/token ± 13")
  }

  @Test func sweeps() {
    let sweeps = AblationSection.sweeps([
      ["head.components=1", "a.b=x"], ["a.b=x", "head.components=16"],
    ])
    #expect(sweeps.map(\.key) == ["head.components"])
    #expect(sweeps[0].numbers == [1, 16] && sweeps[0].isLogarithmic)
    #expect(AblationSection.sweeps([["a=x"], ["a=y"]])[0].numbers == nil)
    #expect(AblationSection.sweeps([["a=1"], ["b=1"]]).isEmpty)
    #expect(
      !AblationSection.Sweep(key: "a", members: [], texts: [], numbers: [0, 100]).isLogarithmic)
  }

  @Test func sweepsOneAfterTheOther() {
    // The second model stands for both sweeps' value in the middle.
    let sweeps = AblationSection.sweeps([["a=1"], ["a=2", "b=20"], ["a=3"], ["b=10"], ["b=30"]])
    #expect(sweeps.map(\.key) == ["a", "b"])
    #expect(sweeps[0].members == [0, 1, 2] && sweeps[0].numbers == [1, 2, 3])
    #expect(sweeps[1].members == [1, 3, 4] && sweeps[1].numbers == [20, 10, 30])
    #expect(sweeps.map(\.isAlone) == [true, true])
    let grid = AblationSection.sweeps([["a=1", "b=1"], ["a=2", "b=2"]])
    #expect(grid.map(\.isAlone) == [false, false])
  }
}
