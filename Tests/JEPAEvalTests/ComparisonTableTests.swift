import Foundation
import Testing

@testable import JEPAEval

@Suite struct ComparisonTableTests {
  private func report(_ top1: Double) -> EvaluationReport {
    EvaluationReport(
      knn: .init(k: 20, temperature: 0.07, trainCount: 10, queryCount: 10, top1: top1, top5: 1))
  }

  private func cost(likelihood: Double?, isEstimate: Bool = false) -> CostFigures {
    CostFigures(
      step: 8, parameters: 100, imagesPerSecond: 50, peakMemoryBytes: nil,
      sampleSecondsPerToken: 2e-6, likelihoodSecondsPerToken: likelihood,
      likelihoodIsEstimate: isEstimate, trainSeconds: 1, imagesSeen: 64, threads: 1,
      machine: "a machine")
  }

  private var table: ComparisonTable {
    ComparisonTable(
      models: [
        (
          "flow",
          [
            .init(seed: 0, features: report(0.2), cost: cost(likelihood: 3e-6)),
            .init(seed: 1, features: report(0.3), cost: cost(likelihood: 3e-6)),
          ]
        ),
        (
          "diffusion, 8",
          [.init(seed: 0, features: report(0.25), cost: cost(likelihood: 5e-6, isEstimate: true))]
        ),
      ], floors: [("16×16 pixels", report(0.1))])
  }

  @Test func meansAndDeviations() throws {
    let flow = table.rows[0]
    #expect(flow.seeds == [0, 1])
    let knn = try #require(flow.values["knn"])
    #expect(abs(knn.mean - 25) < 1e-9 && knn.count == 2)
    let deviation = 50.0.squareRoot()
    #expect(abs(try #require(knn.deviation) - deviation) < 1e-9)
    #expect(abs(try #require(knn.low) - (25 - deviation)) < 1e-9)
    let single = try #require(table.rows[1].values["knn"])
    #expect(single.deviation == nil && single.low == nil && single.mean == 25)
  }

  /// A column that no row has is left out; what a row lacks is a dash, an empty cell, or absent.
  @Test func whatIsLackingIsNotZero() throws {
    #expect(
      table.columns.map(\.key) == [
        "knn", "parameters", "images_per_second", "sample_time", "likelihood_time",
        "estimated_likelihood_time",
      ])
    #expect(
      table.markdown().split(separator: "\n").map(String.init) == [
        "|  | kNN, % ↑ | parameters | training, images/s ↑ | a draw, µs/token ↓ | a likelihood, "
          + "µs/token ↓ | a likelihood's estimate, µs/token ↓ |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| flow | 25.00 ± 7.07 | 100 ± 0 | 50.0 ± 0.0 | 2.00 ± 0.00 | 3.00 ± 0.00 | – |",
        "| diffusion, 8 | 25.00 | 100 | 50.0 | 2.00 | – | 5.00 |",
        "| 16×16 pixels | 10.00 | – | – | – | – | – |",
      ])
    let lines = table.csv().split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("name,seeds,knn,knn_deviation,knn_low,knn_high,parameters,"))
    #expect(lines[2].hasPrefix("\"diffusion, 8\",0,25.0,,,,100.0,"))
    #expect(lines[3].hasPrefix("16×16 pixels,,10.0,"))
    let decoded = try JSONDecoder().decode(ComparisonTable.self, from: table.json())
    #expect(decoded == table && decoded.rows[1].values["likelihood_time"] == nil)
  }

  @Test func aSingleSeedHasItsOwnInterval() throws {
    let value = try #require(
      ComparisonTable.Value([Estimate(value: 1.5, low: 1.25, high: 2)]))
    #expect(value.text(digits: 2) == "1.50 [1.25, 2.00]")
    #expect(ComparisonTable.Value([]) == nil)
  }
}
