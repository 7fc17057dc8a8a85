import JEPAEval
import Testing

@testable import JEPAReport

@Suite struct MeasureTests {
  @Test func shareHasWilsonsInterval() throws {
    // 50 of 100: (0.5 ± 1.96 · √(0.0025 + 0.0000960)) / 1.0384, by hand.
    let half = Measure.share(0.5, of: 100)
    #expect(abs(try #require(half.low) - 0.40383) < 1e-4)
    #expect(abs(try #require(half.high) - 0.59617) < 1e-4)
    // None of 10: from 0 to z² / (n + z²) = 0.27753.
    let none = Measure.share(0, of: 10)
    #expect(none.low == 0)
    #expect(abs(try #require(none.high) - 0.27753) < 1e-4)
    #expect(Measure.share(0.5, of: 0).low == nil)
  }

  @Test func overSeeds() throws {
    let single = Measure(mean: 3, low: 2, high: 4)
    #expect(Measure.over(seeds: [single]) == single)
    #expect(Measure.over(seeds: []) == nil)
    // 1, 2, 3: mean 2, deviation 1, half width 4.303 / √3 = 2.4843.
    let three = try #require(Measure.over(seeds: [1, 2, 3].map { Measure(mean: $0) }))
    #expect(three.mean == 2 && three.deviation == 1 && three.count == 3)
    #expect(abs(try #require(three.low) - (2 - 2.48434)) < 1e-4)
  }

  /// Against the table of Student's distribution.
  @Test(arguments: [(1, 12.706), (10, 2.228), (12, 2.1788), (30, 2.0423), (120, 1.9799)])
  func studentQuantiles(_ degrees: Int, _ expected: Double) {
    #expect(abs(Measure.studentQuantile(degrees: degrees) - expected) < 1e-3)
  }

  @Test func contrasts() {
    let a = Measure(mean: 10, low: 7, high: 12)
    // √(3² + 4²) = 5 between the halves that face each other.
    #expect(Contrast(a, Measure(mean: 4.9, low: 0, high: 8.9)) == .clear)
    #expect(Contrast(Measure(mean: 5.1, low: 0, high: 9.1), a) == .within)
    #expect(Contrast(a, Measure(mean: 0)) == .unknown)
    #expect(Contrast(difference: Measure(mean: 1, low: 0.1, high: 2)) == .clear)
    #expect(Contrast(difference: Measure(mean: -1, low: -2, high: 0.1)) == .within)
    #expect(Contrast(difference: Measure(mean: -1)) == .unknown)
  }

  @Test func textHasTheDigitsThatTheIntervalsLeave() {
    let figure = Figure(
      metric: Metric("x", title: "x", unit: "%", scale: 100), topic: .features)
    let measure = Measure(mean: 0.17344, low: 0.151, high: 0.198)
    let text = MeasureText(figure, [measure, nil])
    #expect(text.whole(measure) == "17.3\u{A0}% [15.1, 19.8]")
    let seeds = Measure(mean: 0.5, low: 0.4, high: 0.6, deviation: 0.0412, count: 3)
    #expect(MeasureText(figure, [seeds]).whole(seeds) == "50.0\u{A0}% ± 4.1")
    let plain = Figure(metric: Metric("y", title: "y"), topic: .cost)
    let parameters = Measure(mean: 5_640_000)
    #expect(MeasureText(plain, [parameters]).mean(parameters) == "5.64\u{A0}M")
  }
}
