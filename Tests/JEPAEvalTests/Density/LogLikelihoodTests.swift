import JEPA
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct LogLikelihoodTests {
  @Test func summaries() {
    let found = LogLikelihood(values: [-1, -4, -2, -3, -100], kind: .exact)
    #expect(found.mean == -22 && found.quantile(0.5) == -3 && found.quantile(0) == -100)
    #expect(found.quantile(1) == -1 && found.quantile(0.625) == -2.5)
    #expect(LogLikelihood(values: [], kind: .exact).quantile(0.5).isNaN)
  }

  @Test func standardErrorOfFolds() {
    let mean = FoldMean([1, 2, 3, 6])
    #expect(mean.mean == 3)
    expectClose([mean.standardError], [(14.0 / 3 / 4).squareRoot()], relative: 1e-15)
    #expect(FoldMean([5]) == FoldMean([5]) && FoldMean([5]).standardError == 0)
  }

  /// Rows come in chunks; their order and values do not show it.
  @Test func exactDensitiesOfAllRows() throws {
    var random = RandomSource(seed: 1)
    let y = Tensor.normal([1100, 2], using: &random)
    let head = LinearGaussianHead(contextDimensions: 0, targetDimensions: 2)
    let found = try #require(
      LogLikelihood(of: head, targets: y, contexts: .zeros([1100, 0]), random: random))
    #expect(found.kind == .exact)
    expectClose(
      found.values, head(.zeros([1100, 0])).logDensity(of: y).doubles(), relative: 1e-6)
    #expect(
      LogLikelihood(of: head, targets: .zeros([0, 2]), contexts: .zeros([0, 0]), random: random)?
        .values == [])
  }

  @Test func estimatesAreNamedAndReproducible() throws {
    var random = RandomSource(seed: 1)
    let y = Tensor.normal([600, 2], using: &random)
    let head = EstimatingHead()
    let found = try #require(
      LogLikelihood(of: head, targets: y, contexts: .zeros([600, 0]), random: random))
    #expect(found.kind == .estimate && Set(found.values).count > 1)
    #expect(
      found
        == LogLikelihood(of: head, targets: y, contexts: .zeros([600, 0]), random: random))
  }

  /// Noise of one nat a row is that over the square root of the rows in their mean; estimates without random vectors,
  /// and exact densities, have none.
  @Test func estimatesSayWhatTheirNoiseDoesToTheMean() throws {
    let y = Tensor.zeros([1200, 2])
    func error(_ head: some DensityPredictor) -> Double? {
      LogLikelihood(
        of: head, targets: y, contexts: .zeros([1200, 0]), random: RandomSource(seed: 1))?
        .monteCarloError
    }
    let found = try #require(error(EstimatingHead(traceProbes: 1)))
    expectClose([found], [1 / (1200.0).squareRoot()], relative: 0.15)
    #expect(error(EstimatingHead()) == nil)
    #expect(error(LinearGaussianHead(contextDimensions: 0, targetDimensions: 2)) == nil)
  }

  @Test func headsWithoutDensityHaveNone() {
    let y = Tensor.zeros([3, 2])
    #expect(
      LogLikelihood(
        of: PlainHead(), targets: y, contexts: .zeros([3, 0]), random: RandomSource(seed: 0))
        == nil)
  }
}
