import Testing

@testable import JEPAReport

@Suite struct HTMLTests {
  @Test func textIsEscaped() {
    #expect(
      HTML("a < b & \"c\" 'd' > e").markup == "a &lt; b &amp; &quot;c&quot; &#39;d&#39; &gt; e")
    let name = "<script>alert(1)</script>"
    let made: HTML = "run \(name)"
    #expect(made.markup == "run &lt;script&gt;alert(1)&lt;/script&gt;")
    #expect(HTML("a\u{0}b\u{1B}c\u{9F}d\te\n").markup == "abcd\te\n")
  }

  @Test func elements() {
    let link = HTML.element("a", ["href": "#x\"y", "class": nil], ["in", .empty, "side"])
    #expect(link.markup == "<a href=\"#x&quot;y\">inside</a>")
    #expect(HTML.element("meta", ["charset": "utf-8"]).markup == "<meta charset=\"utf-8\">")
    #expect(HTML.element("path", ["d": "M0 0"]).markup == "<path d=\"M0 0\"/>")
    #expect(HTML.element("p").markup == "<p></p>")
    #expect(HTML.element("p", [:], ["a", .element("b", [:], ["c"])]).markup == "<p>a<b>c</b></p>")
    #expect(HTML.list([]) == .empty && HTML.panels([]) == .empty)
  }

  @Test func sectionsAreNamedByTheirHeadings() {
    #expect(
      HTML.section("a", "Title & more", ["x"]).markup
        == "<section id=\"a\" aria-labelledby=\"a-title\"><h2 id=\"a-title\">Title &amp; more</h2>x"
        + "</section>")
  }

  @Test func tables() {
    let table = DataTable(
      caption: "c", columns: [.init(title: "n"), .init(title: "v")],
      rows: [
        .init(isGroup: true, header: "g"),
        .init(header: "r", cells: [.init("1", style: "best")]),
      ])
    let markup = table.html.markup
    #expect(markup.contains("<caption>c</caption>"))
    #expect(markup.contains("<th scope=\"col\">n</th><th scope=\"col\" class=\"number\">v</th>"))
    #expect(markup.contains("<th scope=\"rowgroup\" colspan=\"2\">g</th>"))
    #expect(markup.contains("<th scope=\"row\">r</th><td class=\"number best\">1</td>"))
  }
}

@Suite struct NumberTextTests {
  @Test func fixed() {
    #expect(NumberText.fixed(-1.25, decimals: 1) == "\u{2212}1.2")
    #expect(NumberText.fixed(-0.004, decimals: 2) == "0.00")
    #expect(NumberText.fixed(1_234_567, decimals: 0) == "1\u{202F}234\u{202F}567")
    #expect(NumberText.fixed(9999, decimals: 1) == "9999.0")
    #expect(NumberText.fixed(.nan, decimals: 1) == "–")
    #expect(NumberText.fixed(-.infinity, decimals: 1) == "\u{2212}∞")
  }

  @Test func significant() {
    #expect(NumberText.significant(0.012345) == "0.0123")
    #expect(NumberText.significant(123.4) == "123")
    #expect(NumberText.significant(0) == "0")
    #expect(NumberText.significant(2.5e-7, digits: 2) == "2.5·10^\u{2212}7")
  }

  @Test func decimalsResolveTheUncertainty() {
    #expect(
      [0.34, 0.12, 12, 2.3, 0.0058, 0].map { NumberText.decimals(resolving: $0) }
        == [1, 2, 0, 1, 3, 3])
  }

  @Test func quantities() {
    #expect(NumberText.count(950) == "950")
    #expect([0.1, 16, -5e-4].map(NumberText.short) == ["0.1", "16", "\u{2212}0.0005"])
    #expect(NumberText.count(12_345) == "12.3\u{A0}k")
    #expect(NumberText.count(5_640_000) == "5.64\u{A0}M")
    #expect(NumberText.duration(4.25) == "4.2\u{A0}s")
    #expect(NumberText.duration(725) == "12\u{A0}min 5\u{A0}s")
    #expect(NumberText.duration(12_000) == "3\u{A0}h 20\u{A0}min")
    #expect(NumberText.percent(0.256, decimals: 1) == "25.6\u{A0}%")
    #expect(NumberText.enumeration([]) == "" && NumberText.enumeration(["a"]) == "a")
    #expect(NumberText.enumeration(["a", "b", "c"]) == "a, b and c")
  }
}
