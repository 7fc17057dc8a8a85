import Foundation
import FoundationXML
import JEPAHeads
import Testing

@testable import JEPAReport

/// Whether markup is well-formed XML, as SVG has to be, and what elements it has.
final class MarkupReader: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []

  static func elements(of html: HTML) throws -> [(name: String, attributes: [String: String])] {
    let reader = MarkupReader()
    let parser = XMLParser(data: Data(html.markup.utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    return reader.elements
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) { elements.append((name, attributes)) }
}

@Suite struct PlotTests {
  private let style = SeriesStyle(index: 1)

  /// Every plot names itself for those who cannot see it.
  private func expectAccessible(_ svg: HTML, id: String) throws {
    let elements = try MarkupReader.elements(of: svg)
    let root = try #require(elements.first)
    #expect(root.name == "svg" && root.attributes["role"] == "img")
    #expect(root.attributes["aria-labelledby"] == "\(id)-t \(id)-d")
    #expect(elements[1].name == "title" && elements[1].attributes["id"] == "\(id)-t")
    #expect(elements[2].name == "desc")
  }

  @Test func lines() throws {
    let plot = LinePlot(
      title: "t <&", id: "p", xTitle: "images",
      series: [
        .init(name: "one", style: style, points: [.init(x: 0, y: 0), .init(x: 10, y: 1)]),
        .init(
          name: "two", style: SeriesStyle(index: 2),
          points: [.init(x: 0, y: 0.5, low: 0.4, high: 0.6), .init(x: 10, y: 0.5)], isMarked: true),
      ], xRange: 0...10, yRange: 0...1)
    try expectAccessible(plot.svg, id: "p")
    // Names of three letters of 7.26 pixels, and 12 beside them: the plot ends at 340 − 33.78. The
    // ground is at 210 − 34, the top at 10.
    #expect(plot.svg.markup.contains("class=\"line\" d=\"M44 176L306.2 10\""))
    #expect(plot.svg.markup.contains("stroke-dasharray"))
    #expect(
      plot.description
        == "Against images. one: from 0 at 0 to 1.00 at 10.0. two: from 0.500 (0.400 to 0.600) at 0 to "
        + "0.500 at 10.0.")
    let table = plot.table(caption: "c").markup
    #expect(table.contains("<th scope=\"row\">10.00</th><td class=\"number\">1.00</td>"))
  }

  @Test func optionsStandBelowAHeadsName() throws {
    let rows = ["point", "flow couplings=16", "flow coupling=spline couplings=4", "a name"].map {
      IntervalPlot.Row(name: $0, style: style, value: 1, text: "1")
    }
    let markup = IntervalPlot(title: "t", id: "p", xTitle: "x", rows: rows).svg.markup
    for line in [
      #"class="label""#, ">point<", ">flow<", ">couplings=16<", ">spline, 4<", ">a name<",
    ] {
      #expect(markup.contains(line), "\(line)")
    }
    #expect(Plot.nameWidth("flow coupling=spline couplings=4") > Plot.nameWidth("flow"))
    #expect(Plot.nameWidth("point") == Plot.labelWidth("point"))
    #expect(Plot.short("sampling_steps=250") == "sampling_st…=250")
    #expect(Plot.short("a very long name of a run") == "a very long nam…")
  }

  @Test func gapsBreakLines() {
    #expect(
      Coordinates.path([(0, 0), (1, 1), (2, .nan), (3, 3.25)]) == "M0 0L1 1M3 3.3")
    #expect(Coordinates.text(-0.04) == "0" && Coordinates.text(-2.25) == "-2.3")
  }

  @Test func emptyPlotsAreStillPlots() throws {
    try expectAccessible(
      LinePlot(title: "t", id: "e", xTitle: "x", series: []).svg, id: "e")
    try expectAccessible(
      ScatterPlot(title: "t", id: "s", xTitle: "x", clouds: [], marked: []).svg, id: "s")
    try expectAccessible(
      IntervalPlot(title: "t", id: "i", xTitle: "x", rows: []).svg, id: "i")
  }

  @Test func histograms() throws {
    #expect(
      HistogramPlot.shares(of: [0, 0.1, 0.9, 1, 2], bins: 2, in: 0...1) == [0.4, 0.4])
    #expect(HistogramPlot.shares(of: [], bins: 2, in: 0...1) == [0, 0])
    let plot = HistogramPlot(
      title: "t", id: "h", xTitle: "x", style: style, range: 0...1, shares: [0.25, 0.75],
      marks: [.init(value: 0.5, label: "here", isTruth: true), .init(value: 7, label: "out")],
      yRange: 0...1, description: "d")
    try expectAccessible(plot.svg, id: "h")
    // From 38 to 330: bars of 146 pixels less a gap of 1; from the ground at 116 up to 18.
    #expect(plot.svg.markup.contains("M38.5 116V91.5H183.5V116zM184.5 116V42.5H329.5V116z"))
    #expect(plot.svg.markup.contains("here") && !plot.svg.markup.contains("out"))
  }

  @Test func intervals() throws {
    let plot = IntervalPlot(
      title: "t", id: "i", xTitle: "nats, lower is better",
      rows: [.init(name: "a", style: style, value: 1, low: 0, high: 2, text: "1.0")],
      references: [.init(value: 0, label: "zero")])
    try expectAccessible(plot.svg, id: "i")
    #expect(plot.description == "nats, lower is better: a 1.0, between 0 and 2.00; zero at 0.")
  }

  @Test func scattersHaveEqualScales() throws {
    let ranges = ScatterPlot.equalScales([0, 1], [0, 4], aspect: 2)
    // 4 · 1.12 high, twice as wide, about the middles.
    #expect(abs(ranges.y.lowerBound + 0.24) < 1e-9 && abs(ranges.y.upperBound - 4.24) < 1e-9)
    #expect(abs(ranges.x.lowerBound + 3.98) < 1e-9 && abs(ranges.x.upperBound - 4.98) < 1e-9)
    let plot = ScatterPlot(
      title: "t", id: "s", xTitle: "x",
      clouds: [.init(name: "draws", style: style, points: [(0, 0), (2, 4)])],
      marked: [.init(label: "60 %", x: 1, y: 1, weight: 0.6, isTruth: true)])
    try expectAccessible(plot.svg, id: "s")
    #expect(
      plot.description == "draws: 2 points about (1.00, 2.00). What is there (60 %): (1.00, 1.00).")
  }

  @Test func stylesStayWithTheirHeads() {
    let heads = StyleKey(
      [("x", "flow"), ("y", "point"), ("z", "own")], heads: HeadList.standard.names)
    #expect([heads["x"], heads["y"], heads["z"]].map(\.index) == [3, 0, 5])
    let ablation = StyleKey([("a", "flow"), ("b", "flow")], heads: ["flow"])
    #expect([ablation["a"], ablation["b"]].map(\.index) == [0, 1])
    for index in 0..<8 {
      #expect(SeriesStyle(index: index).mark(x: 1, y: 2, radius: 3).hasPrefix("M"))
    }
  }

  @Test func centralCoverage() {
    // Of bins 0.1, 0.2, 0.3, 0.4: the middle two hold 0.5, all 1.
    let points = CalibrationSection.centralCoverage([0.1, 0.2, 0.3, 0.4])
    #expect(points.map(\.x) == [0, 0.5, 1])
    #expect(zip(points.map(\.y), [0, 0.5, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func curvesOverSeeds() {
    let merged = CurveSection.merged([
      [.init(x: 1, y: 2), .init(x: 2, y: 4)], [.init(x: 1, y: 4)],
    ])
    #expect(merged == [.init(x: 1, y: 3, low: 2, high: 4)])
  }
}
