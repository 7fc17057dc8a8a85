import Foundation

extension UncertaintyReport {
  /// The report as lines of text, figures with their intervals.
  public var lines: [String] {
    var lines = [heading]
    lines += section("likelihood, nats a target", likelihoodLines)
    lines += section("scores, less is better", scoreLines)
    lines += section("calibration", calibrationLines)
    lines += section("errors of the mean ranked by uncertainty", rankingLines)
    lines += section("images of unseen kinds, AUROC", separationLines)
    lines += section("modes, where the truth is known", modeLines)
    lines += section("further scores", furtherLines)
    return lines
  }

  private var heading: String {
    String(
      format: "%d targets of %d images, %d coordinates, noise %g, %d draws; [%g %% intervals, %d "
        + "resamples of images]", rows, images, dimensions, targetNoise, samples,
      100 * bootstrap.confidence, bootstrap.resamples)
  }

  private func section(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : [title] + lines.map { "  " + $0 }
  }

  private var likelihoodLines: [String] {
    let rows: [(UncertaintyMetric, String)] = [
      (.nll, "NLL"), (.nllMinusGaussian, "  less the Gaussian's (0: no better)"),
      (.estimatedNLL, "NLL, estimated"),
      (.estimatedNLLMinusGaussian, "  less the Gaussian's (0: no better)"),
      (.gaussianNLL, "Gaussian's NLL"), (.entropy, "predicted entropy"),
      (.estimatedEntropy, "predicted entropy, estimated"), (.trueNLL, "truth's NLL"),
      (.nllMinusTrue, "NLL less the truth's"),
    ]
    var lines = rows.compactMap { line($0, $1, digits: 2) }
    if let traceProbes {
      let vectors = traceProbes == 1 ? "1 random vector" : "\(traceProbes) random vectors"
      let error = monteCarloError.map { String(format: ": ± %.2g nats of the mean", $0) } ?? ""
      lines.append(
        "  (estimates are of \(vectors) a row, whose noise is inside the intervals\(error))")
    }
    return lines
  }

  private var scoreLines: [String] {
    let rows: [(UncertaintyMetric, String)] = [
      (.crps, "CRPS"), (.gaussianCRPS, "  Gaussian's"), (.energyScore, "energy score"),
      (.gaussianEnergyScore, "  Gaussian's"), (.trueEnergyScore, "  truth's"),
      (.variogramScore, "variogram score"), (.squaredError, "squared error of the mean"),
    ]
    var lines = rows.compactMap { line($0, $1, digits: 4) }
    if let meanDraws {
      let variance = meanDrawVariance.map { String(format: ", %.2g", $0) } ?? ""
      lines.append(
        "  (means are of \(meanDraws) draws a row: their noise is inside the interval, and adds 1/\(meanDraws) of the "
          + "predicted variance\(variance))")
    }
    for (metric, name) in [(UncertaintyMetric.crps, "CRPS"), (.energyScore, "energy score")] {
      guard let estimate = skill[metric] else { continue }
      lines.append(Self.line("\(name) skill (Gaussian: 0)", estimate, digits: 4))
    }
    return lines
  }

  private var calibrationLines: [String] {
    let rows: [(UncertaintyMetric, String)] = [
      (.coverage50, "central 50 % intervals cover"), (.coverage80, "central 80 %"),
      (.coverage95, "central 95 %"), (.hdrCoverage50, "highest-density 50 % regions cover"),
      (.hdrCoverage80, "highest-density 80 %"), (.hdrCoverage95, "highest-density 95 %"),
      (.estimatedHDRCoverage50, "highest-density 50 %, estimated"),
      (.estimatedHDRCoverage80, "highest-density 80 %, estimated"),
      (.estimatedHDRCoverage95, "highest-density 95 %, estimated"),
      (.pitMean, "PIT mean (calibrated: 0.5)"), (.pitDispersion, "PIT dispersion (calibrated: 1)"),
    ]
    var lines = rows.compactMap { line($0, $1, digits: 3) }
    lines.append(
      Self.padded("PIT distance from uniform")
        + String(
          format: "%.3f, per coordinate %.3f on average, %.3f at worst (coordinate %d)",
          pit.kolmogorovDistance, pit.meanCoordinateDistance, pit.worstCoordinateDistance,
          pit.worstCoordinate))
    lines.append(Self.padded("PIT histogram, 20 bins") + Self.bars(pit.histogram))
    let sharpness: [(UncertaintyMetric, String)] = [
      (.spread, "sharpness: predicted deviation"), (.width80, "  width of 80 % intervals"),
    ]
    return lines + sharpness.compactMap { line($0, $1, digits: 4) }
  }

  private var rankingLines: [String] {
    ErrorRanking.signs.flatMap { sign -> [String] in
      guard let ranking = errorRanking[sign] else { return [] }
      let name = sign.rawValue
      return [
        Self.line("\(name): Spearman", ranking.spearman, digits: 3),
        Self.line("\(name): AURC", ranking.aurc, digits: 4)
          + String(format: " (oracle %.4f, chance %.4f)", ranking.oracleAURC, ranking.randomAURC),
        Self.line("\(name): rejection ratio", ranking.rejectionRatio, digits: 3),
      ]
    }
  }

  private var separationLines: [String] {
    guard let separation else { return [] }
    return ["\(separation.rows) targets of \(separation.images) images"]
      + Separation.signs.compactMap { sign in
        separation.auroc[sign].map { Self.line(sign.rawValue, $0, digits: 3) }
      }
  }

  private var modeLines: [String] {
    guard let modes else { return [] }
    let rows: [(UncertaintyMetric, UncertaintyMetric, String)] = [
      (.modeRecall, .trueModeRecall, "recall"),
      (.modePrecision, .trueModePrecision, "precision"),
      (.modeTotalVariation, .trueModeTotalVariation, "total variation of weights"),
    ]
    var lines = rows.compactMap { metric, truth, name -> String? in
      guard let line = line(metric, name, digits: 3) else { return nil }
      guard let value = metrics[truth]?.mean.value else { return line }
      return line + String(format: "; the truth's own draws %.3f", value)
    }
    lines.append(Self.line("diversity (right: 1)", modes.diversity, digits: 3))
    lines.append(
      Self.line("entropy of mode weights: Spearman", modes.entropyCorrelation, digits: 3))
    if let correlation = modes.differentialEntropyCorrelation {
      lines.append(Self.line("differential entropy: Spearman", correlation, digits: 3))
    }
    return lines
  }

  private var furtherLines: [String] {
    Set(metrics.keys).subtracting(UncertaintyMetric.standard).sorted { $0.rawValue < $1.rawValue }
      .compactMap { line($0, $0.rawValue.replacing("_", with: " "), digits: 4) }
  }

  // MARK: Parts of lines

  private func line(_ metric: UncertaintyMetric, _ name: String, digits: Int) -> String? {
    guard let summary = metrics[metric] else { return nil }
    let line = Self.line(name, summary.mean, digits: digits)
    guard let median = summary.median, let worst = summary.worstPercentile else { return line }
    return line
      + String(format: "  median %.\(digits)f, worst 1 %% from %.\(digits)f", median, worst)
  }

  private static func line(_ name: String, _ estimate: Estimate, digits: Int) -> String {
    guard let value = estimate.value else { return padded(name) + "undefined" }
    let text = padded(name) + String(format: "%.\(digits)f", value)
    guard let low = estimate.low, let high = estimate.high else { return text }
    return text + String(format: " [%.\(digits)f, %.\(digits)f]", low, high)
  }

  private static func padded(_ name: String) -> String {
    name.padding(toLength: max(38, name.count + 1), withPad: " ", startingAt: 0)
  }

  /// Shares as bars of eight heights, of which the fourth is an equal share.
  private static func bars(_ shares: [Double]) -> String {
    let heights = Array("▁▂▃▄▅▆▇█")
    return String(
      shares.map { share in
        let height = Int((share * Double(shares.count) * 4).rounded()) - 1
        return heights[min(max(height, 0), heights.count - 1)]
      })
  }
}
