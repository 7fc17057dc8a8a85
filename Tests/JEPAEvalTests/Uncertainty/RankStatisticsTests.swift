import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct RankStatisticsTests {
  @Test func spearmanByHand() {
    #expect(SpearmanCorrelation([1, 2, 3], [10, 20, 90]).value == 1)
    #expect(SpearmanCorrelation([1, 2, 3], [3, 2, 1]).value == -1)
    // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, sums of squares 1.5 and 2.
    expectClose(
      [SpearmanCorrelation([5, 5, 7], [1, 2, 3]).value], [1.5 / 3.0.squareRoot()], relative: 1e-12)
    #expect(SpearmanCorrelation([1, 1], [1, 2]).value.isNaN)
  }

  @Test func rocAreaByHand() {
    #expect(ROCArea(negatives: [1, 2], positives: [3, 4]).value == 1)
    #expect(ROCArea(negatives: [3], positives: [1, 2]).value == 0)
    // Of six pairs: 2 > 1, 2 = 2, 2 < 3; 3 > 1, 3 > 2, 3 = 3.
    #expect(ROCArea(negatives: [1, 2, 3], positives: [2, 3]).value == 4.0 / 6)
    #expect(ROCArea(negatives: [1, 1], positives: [1]).value == 0.5)
    #expect(ROCArea(negatives: [], positives: [1]).value.isNaN)
  }

  /// Counting a row twice is having it twice.
  @Test func weightsAreCopies() {
    let (x, y) = ([1.0, 2, 2, 5, 0], [2.0, 1, 3, 3, 7])
    let weights = [2.0, 1, 0, 3, 1]
    func copies(_ values: [Double]) -> [Double] {
      zip(values, weights).flatMap { Array(repeating: $0, count: Int($1)) }
    }
    expectClose(
      [SpearmanCorrelation(x, y).value(weights: weights)],
      [SpearmanCorrelation(copies(x), copies(y)).value], relative: 1e-12)
    expectClose(
      [
        ROCArea(negatives: x, positives: y).value(
          negativeWeights: weights, positiveWeights: weights)
      ],
      [ROCArea(negatives: copies(x), positives: copies(y)).value], relative: 1e-12)
    let weighted = RiskCoverage(errors: y, uncertainty: x).areas(weights: weights)
    let copied = RiskCoverage(errors: copies(y), uncertainty: copies(x)).areas
    expectClose(
      [weighted.area, weighted.oracle, weighted.random],
      [copied.area, copied.oracle, copied.random], relative: 1e-12)
  }

  @Test func riskCoverageByHand() {
    // Least uncertain first: errors 2, 1, 6. Risks 2, 3/2, 3; the oracle's 1, 3/2, 3.
    let areas = RiskCoverage(errors: [6, 2, 1], uncertainty: [9, 1, 2]).areas
    expectClose(
      [areas.area, areas.oracle, areas.random, areas.excess, areas.rejectionRatio],
      [6.5 / 3, 5.5 / 3, 3, 1.0 / 3, (3 - 6.5 / 3) / (3 - 5.5 / 3)], relative: 1e-12)
    // Equal uncertainties: each counts with the mean error, whichever comes first.
    let tied = RiskCoverage(errors: [1, 5, 6], uncertainty: [0, 0, 3])
    expectClose([tied.areas.area], [(3.0 + 3 + 4) / 3], relative: 1e-12)
    #expect(tied.risks(at: [0.33, 0.66, 1]) == [3, 3, 4])
    #expect(RiskCoverage(errors: [2, 2], uncertainty: [1, 2]).areas.rejectionRatio.isNaN)
  }
}
