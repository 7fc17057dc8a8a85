import Foundation
import JEPADensity
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

/// Against scoringrules and SciPy; see Resources/make_uncertainty_golden.py.
@Suite struct UncertaintyGoldenTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let rows: Int
      let draws: Int
      let dimensions: Int
      let samples: [Float]
      let targets: [Float]
      let directions: [Float]
      let crps: [Double]
      let energyScore: [Double]
      let variogramScore: [Double]
    }
    struct Ranks: Decodable {
      let x: [Double]
      let y: [Double]
      let spearman: Double
    }
    struct Areas: Decodable {
      let negatives: [Double]
      let positives: [Double]
      let auroc: Double
    }
    let cases: [Case]
    let ranks: Ranks
    let areas: Areas
  }

  private func golden() throws -> Golden {
    let url = try #require(
      Bundle.module.url(
        forResource: "uncertainty_golden", withExtension: "json", subdirectory: "Resources"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  @Test func ensembleScores() throws {
    let cases = try golden().cases
    #expect(cases.count == 3)
    for golden in cases {
      let (m, n, d) = (golden.draws, golden.rows, golden.dimensions)
      let prediction = FixedDraws(samples: Tensor(golden.samples, shape: [m, n, d]))
      var settings = UncertaintySettings()
      settings.samples = m
      let scores = try UncertaintyScorer(dimensions: d, settings: settings).score(
        prediction, targets: Tensor(golden.targets, shape: [n, d]), images: Array(0..<n),
        using: RandomSource(seed: 0)
      ).rows
      expectClose(try #require(scores[.crps]), golden.crps, absolute: 1e-6, relative: 1e-5)
      expectClose(
        try #require(scores[.energyScore]), golden.energyScore, absolute: 1e-5, relative: 1e-5)
    }
  }

  @Test func variogramScores() throws {
    for golden in try golden().cases {
      let (m, n, d) = (golden.draws, golden.rows, golden.dimensions)
      var variogram = VariogramScore(
        directions: Tensor(golden.directions, shape: [d, 4]), order: 0.5)
      // The same through the general power as through the square root.
      var general = VariogramScore(
        directions: Tensor(golden.directions, shape: [d, 4]), order: 0.5000001)
      let draws = variogram.project(Tensor(golden.samples, shape: [m * n, d])).floats()
      let targets = variogram.project(Tensor(golden.targets, shape: [n, d])).floats()
      for row in 0..<n {
        func score(_ variogram: inout VariogramScore) -> Double {
          draws.withUnsafeBufferPointer { draws in
            targets.withUnsafeBufferPointer { targets in
              variogram.score(
                draws: draws.baseAddress! + row * 4, stride: n * 4, count: m,
                target: targets.baseAddress! + row * 4)
            }
          }
        }
        let expected = golden.variogramScore[row]
        expectClose([score(&variogram)], [expected], absolute: 2e-5, relative: 2e-4)
        expectClose([score(&general)], [expected], absolute: 2e-5, relative: 2e-4)
      }
    }
  }

  @Test func rankStatistics() throws {
    let golden = try golden()
    expectClose(
      [SpearmanCorrelation(golden.ranks.x, golden.ranks.y).value], [golden.ranks.spearman],
      relative: 1e-12)
    expectClose(
      [ROCArea(negatives: golden.areas.negatives, positives: golden.areas.positives).value],
      [golden.areas.auroc], relative: 1e-12)
  }
}

/// A prediction with given draws [M, N, D].
struct FixedDraws: ConditionalDensity {
  let samples: Tensor

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { .zeros([y.shape[0]]) }
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    samples.slice(axis: 0, 0..<count)
  }
  func mean(using random: inout RandomSource) -> Tensor { samples.mean(axis: 0) }
}
