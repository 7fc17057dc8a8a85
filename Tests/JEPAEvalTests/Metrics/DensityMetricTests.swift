import Foundation
import JEPADensity
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct DensityMetricTests {
  /// A standard Gaussian, whatever is asked.
  private struct Standard: ConditionalDensity {
    let rows: Int
    let width: Int
    func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { y.square().sum(axis: 1) }
    func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
      Tensor.normal([count, rows, width], using: &random)
    }
    func mean(using random: inout RandomSource) -> Tensor { Tensor.zeros([rows, width]) }
  }

  private static let length = DensityMetric(
    Metric("length", title: "Length of a target", better: .low)
  ) { _, targets, draws, _ in
    #expect(draws.shape == [64] + targets.shape)
    return targets.square().sum(axis: 1).squareRoot()
  }

  private func scores(_ further: [DensityMetric]) throws -> (UncertaintyScores, Tensor) {
    var random = RandomSource(seed: 4)
    let targets = Tensor.normal([20, 3], using: &random)
    let scores = try UncertaintyScorer(dimensions: 3, further: further).score(
      Standard(rows: 20, width: 3), targets: targets, images: (0..<20).map { $0 / 2 },
      using: RandomSource(seed: 1))
    return (scores, targets)
  }

  @Test func aScoreOfOnesOwnStandsBesideTheOthers() throws {
    let key = UncertaintyMetric(rawValue: "length")
    let (scores, targets) = try scores([Self.length])
    let expected = targets.square().sum(axis: 1).squareRoot().doubles()
    #expect(scores.rows[key] == expected)
    #expect(scores.rows.metrics.last == key)
    // The package's own scores are those without it.
    let plain = try self.scores([]).0
    for metric in plain.rows.metrics { #expect(scores.rows[metric] == plain.rows[metric]) }
    let report = try UncertaintyReport(
      scores, settings: .init(), targetNoise: 0.1, resamples: 100, using: RandomSource(seed: 2))
    let mean = try #require(report.metrics[key]?.mean)
    let value = try #require(mean.value)
    let low = try #require(mean.low)
    let exact: Double = expected.reduce(0, +) / 20
    #expect(abs(value - exact) < 1e-12)
    #expect(low < value)
    #expect(report.lines.contains { $0.contains("length") })
    let read = try JSONDecoder().decode(UncertaintyReport.self, from: report.json())
    #expect(read == report)
    let table = ComparisonTable(
      models: [("head", [.init(seed: 0, uncertainty: report)])], further: [Self.length.metric])
    let column = try #require(table.columns.first { $0.key == "length" })
    #expect(column.title == "Length of a target" && column.better == .low)
    #expect(table.rows[0].values["length"]?.mean == value)
  }

  @Test func scoresAreReadBackFromFiles() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "density-metric-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let rows = try scores([Self.length]).0.rows
    try rows.write(to: url)
    #expect(try RowScores(contentsOf: url) == rows)
  }

  @Test func scoresThatAreNotFiniteAreRefused() throws {
    let broken = DensityMetric(Metric("broken", title: "Broken score")) { _, targets, _, _ in
      targets.sum(axis: 1) * Double.nan
    }
    #expect { try scores([broken]) } throws: { "\($0)".contains("Broken score") }
  }
}
