import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ProbeTests {
  private func features(_ count: Int, seed: UInt64) -> LabeledFeatures {
    var random = RandomSource(seed: seed)
    let labels = (0..<count).map { $0 % 3 }
    let centers = Tensor(labels.map { Float($0) }, shape: [count, 1])
    return LabeledFeatures(
      features: Tensor.normal([count, 6], using: &random) + centers, labels: labels)
  }

  /// The package's probes are instances of the protocol, and give what they give by themselves.
  @Test func standardProbesFillTheReport() throws {
    let (train, validation) = (features(90, seed: 1), features(60, seed: 2))
    let given = ProbeFeatures(validation: validation, train: train)
    let random = RandomSource(seed: 0)
    var report = EvaluationReport()
    let probes: [any Probe] = [KNNClassifier(k: 5), LinearProbe(), RankProbe(), AttentiveProbe()]
    for probe in probes { try probe.measure(given, into: &report, using: random) }
    #expect(report.knn == (try KNNClassifier(k: 5).evaluate(validation, train: train)))
    #expect(
      report.linear
        == (try LinearProbe().evaluate(
          train: train, validation: validation, using: random.split("linear probe"))))
    #expect(report.rank == (try RepresentationRank(of: validation.features)))
    // These features have no tokens.
    #expect(report.attentive == nil && report.others == nil)
    let known = Set(Metric.catalogue.map(\.key))
    for metric in probes.flatMap({ type(of: $0).metrics }) { #expect(known.contains(metric.key)) }
  }

  @Test func aFigureOfOnesOwnIsKept() throws {
    struct Half: Probe {
      static let name = "half"
      static let metrics = [Metric("half", title: "Half", unit: "%", scale: 100)]
      func measure(
        _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
      ) throws { report[Self.metrics[0]] = 0.5 }
    }
    var report = EvaluationReport()
    try Half().measure(
      ProbeFeatures(validation: features(6, seed: 1)), into: &report, using: RandomSource(seed: 0))
    #expect(report.others == ["half": 0.5] && report[Half.metrics[0]] == 0.5)
    let table = ComparisonTable(
      models: [("head", [.init(seed: 0, features: report)])], further: Half.metrics)
    #expect(table.rows[0].values["half"]?.mean == 50)
    #expect(table.markdown().contains("Half, %"))
  }
}
