import Foundation
import JEPATensor
import Testing

@testable import JEPAReport

/// Numbers that nobody expects, in the files of a stranger's runs: a page, or an error of one line, and no end of the
/// process.
@Suite struct HostileNumbersTests {
  private static let numbers = [
    "1e300", "-1e300", "1.7976931348623157e308", "9223372036854775807", "-9223372036854775808",
    "1e-320", "-0.0", "0",
    "99999999999999999999999", "1e19",
  ]

  /// The places of the numbers of a text.
  private static func places(in text: String) -> [Range<String.Index>] {
    text.matches(of: #/[:,\[\n]\s*(-?[0-9]+(?:\.[0-9]+)?(?:e[+\-]?[0-9]+)?)/#).map {
      $0.output.1.startIndex..<$0.output.1.endIndex
    }
  }

  @Test func pagesAreWrittenOrRefused() throws {
    let fixture = try Fixture()
    try fixture.run("a", seed: 0, shift: 0.1, knn: 0.4)
    try fixture.run("b", head: "point", seed: 0, shift: 0.3, knn: 0.5)
    try fixture.comparison([("a", "a", []), ("b", "b", [])])
    try fixture.write(
      """
      {"columns":[{"key":"mine","title":"Mine","unit":"","better":"high"},
      {"key":"parameters","title":"parameters","unit":"","better":"none"}],
      "rows":[{"name":"a","seeds":[0,1],"values":{"mine":{"mean":1,"deviation":0.5,"count":2},"parameters":{"mean":5}}},
      {"name":"b","seeds":2,"values":{"mine":{"mean":2,"low":1,"high":3,"count":1},"parameters":{"mean":7}}}]}
      """, to: "table.json")
    var random = RandomSource(seed: 3)
    var read = 0
    for file in [
      "table.json", "comparison.json", "a/metrics.csv", "a/uncertainty.json", "a/evaluation.json",
    ] {
      let url = URL(filePath: fixture.path + "/" + file)
      let sound = try String(contentsOf: url, encoding: .utf8)
      let places = Self.places(in: sound)
      #expect(places.count > 1, "\(file)")
      for _ in 0..<40 {
        var text = sound
        // From the back, so that places in front of it stay.
        let chosen = (0..<2).map { _ in places[random.integer(below: places.count)] }
        for place in chosen.sorted(by: { $0.lowerBound > $1.lowerBound }) {
          text.replaceSubrange(
            place, with: Self.numbers[random.integer(below: Self.numbers.count)])
          if chosen[0] == chosen[1] { break }
        }
        try fixture.write(text, to: file)
        if let page = try? ReportPage(ReportSource(paths: [fixture.path])).html() {
          #expect(page.contains("</html>"))
          read += 1
        }
      }
      try fixture.write(sound, to: file)
    }
    #expect(read > 100)
  }

  @Test func ticksOfRangesAtTheLimitsOfNumbers() {
    let ranges: [(Double, Double)] = [
      (0, .leastNonzeroMagnitude), (1e300, 1.000000000000001e300), (-1.7e308, 1.7e308),
      (1, 1.0000000000000002),
    ]
    for (low, high) in ranges { #expect(Axis.linearTicks(low, high, count: 5).count < 20) }
    let limit = 1 << 53
    #expect(Int(bounded: .nan) == 0 && Int(bounded: -2.9) == -2)
    #expect(Int(bounded: 1e300) == limit && Int(bounded: -.infinity) == -limit)
  }
}
