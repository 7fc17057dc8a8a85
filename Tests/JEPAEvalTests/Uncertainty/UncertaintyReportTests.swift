import Foundation
import JEPADensity
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct UncertaintyReportTests {
  /// 60 images of 4 targets, whose noise the prediction knows; `offset` moves the predicted means.
  private func scores(offset: Double = 0, widen: Double = 1) throws -> UncertaintyScores {
    var random = RandomSource(seed: 12)
    let levels = (0..<240).map { _ in 0.2 + random.uniform() }
    let scales = Tensor(levels, shape: [240, 1], dtype: .float32)
    let targets = Tensor.normal([240, 6], using: &random) * scales
    let train = Tensor.normal([2000, 6], using: &random) * 0.7
    let prediction = DiagonalGaussian(
      mean: .full([240, 6], offset), logScale: (scales * widen).log().broadcast(to: [240, 6]))
    let reference = try GaussianReference(targets: train)
    return try UncertaintyScorer(dimensions: 6, gaussian: reference).score(
      prediction, targets: targets, images: (0..<240).map { $0 / 4 },
      using: RandomSource(seed: 1))
  }

  private func report(_ scores: UncertaintyScores) throws -> UncertaintyReport {
    try UncertaintyReport(
      scores, settings: .init(), targetNoise: 0.1, resamples: 200, using: RandomSource(seed: 3))
  }

  @Test func uncertaintyThatIsKnownRanksErrors() throws {
    let report = try report(scores())
    for sign in [UncertaintyMetric.spread, .energySpread, .entropy] {
      let ranking = try #require(report.errorRanking[sign])
      #expect(try #require(ranking.spearman.low) > 0.6)
      let area = try #require(ranking.aurc.value)
      #expect(ranking.oracleAURC < area && area < ranking.randomAURC)
      expectClose(
        [try #require(ranking.excessAURC.value)], [area - ranking.oracleAURC], relative: 1e-9)
      #expect(try #require(ranking.rejectionRatio.value) > 0.5)
      expectClose(
        [try #require(ranking.risk.last)], [ranking.randomAURC], relative: 1e-9)
    }
    #expect(try #require(report.skill[.crps]?.low) > 0)
    #expect(try #require(report.metrics[.nllMinusGaussian]?.mean.high) < 0)
  }

  @Test func keysAreStable() throws {
    var report = try report(scores())
    let known = try scores()
    report.separation = Separation(
      known: known.rows, unseen: try scores(widen: 4).rows, resamples: 50,
      using: RandomSource(seed: 0))
    let data = try report.json()
    #expect(try JSONDecoder().decode(UncertaintyReport.self, from: data) == report)
    let object = try #require(
      try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "rows", "images", "dimensions", "samples", "likelihood", "target_noise",
        "log_determinant", "bootstrap", "metrics", "skill", "pit", "error_ranking", "separation",
      ])
    let metrics = try #require(object["metrics"] as? [String: Any])
    #expect(
      Set(metrics.keys) == [
        "nll", "nll_minus_gaussian", "gaussian_nll", "entropy", "crps", "gaussian_crps",
        "energy_score", "gaussian_energy_score", "energy_spread", "variogram_score",
        "squared_error", "spread", "width_80", "pit_mean", "pit_dispersion", "coverage_50",
        "coverage_80", "coverage_95", "hdr_coverage_50", "hdr_coverage_80", "hdr_coverage_95",
      ])
    let crps = try #require(metrics["crps"] as? [String: Any])
    #expect(Set(crps.keys) == ["mean", "median", "worst_percentile", "rows"])
    #expect(try #require(report.separation?.auroc[.spread]?.value) > 0.9)
    let lines = report.lines
    #expect(lines[0].hasPrefix("240 targets of 60 images, 6 coordinates, noise 0.1, 64 draws"))
    #expect(lines.contains { $0.hasPrefix("  CRPS skill (Gaussian: 0)") })
    #expect(!lines.contains { $0.contains("nan") })
  }

  @Test func pairedDifferences() throws {
    let (good, bad) = (try scores().rows, try scores(offset: 0.5).rows)
    #expect(good.hasSameTargets(as: bad) == true)
    let difference = try good.difference(of: .crps, from: bad, using: RandomSource(seed: 2))
    #expect(try #require(difference.high) < 0)
    #expect(throws: RowScoresError.metric(.trueNLL)) {
      try good.difference(of: .trueNLL, from: bad, using: RandomSource(seed: 2))
    }
    let other = RowScores(images: [1], columns: [.crps: [1]])
    #expect(throws: RowScoresError.rows(240, 1)) {
      try good.difference(of: .crps, from: other, using: RandomSource(seed: 2))
    }
  }

  @Test func scoresSurviveTheDisk() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("row-scores-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rows = RowScores(
      images: [4, 4, 9], columns: [.crps: [1.25, 0.1, 3], .nll: [-1, .nan, 1e-300]])
    let binary = folder.appendingPathComponent("scores.safetensors")
    try rows.write(to: binary)
    let read = try RowScores(contentsOf: binary)
    #expect(read.images == rows.images && read[.crps] == rows[.crps])
    let nll = try #require(read[.nll])
    #expect(nll[0] == -1 && nll[1].isNaN && nll[2] == 1e-300)
    let text = folder.appendingPathComponent("scores.csv")
    try rows.write(to: text)
    #expect(
      try String(contentsOf: text, encoding: .utf8)
        == "image,nll,crps\n4,-1.0,1.25\n4,,0.1\n9,1e-300,3.0\n")
    try Safetensors.write(tensors: [("x", .zeros([1]))], to: binary)
    #expect(throws: SafetensorsError.self) { try RowScores(contentsOf: binary) }
  }
}
