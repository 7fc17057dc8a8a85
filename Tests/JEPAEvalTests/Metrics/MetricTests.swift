import JEPAEval
import Testing

@Suite struct MetricTests {
  @Test func everyFigureIsDescribedOnce() {
    let keys = Metric.catalogue.map(\.key)
    #expect(Set(keys).count == keys.count)
    for metric in Metric.catalogue {
      #expect(!metric.title.isEmpty && metric.meaning.hasSuffix("."), "\(metric.key)")
      #expect(metric.better != .near || metric.ideal != nil, "\(metric.key)")
      #expect(metric.key.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
    }
  }

  @Test func valuesAreShownScaledWithTheirUnit() {
    #expect(Metric.known("knn").text(0.12345) == "12.35 %")
    #expect(Metric("x", title: "X", digits: 1).text(2) == "2.0")
  }
}
