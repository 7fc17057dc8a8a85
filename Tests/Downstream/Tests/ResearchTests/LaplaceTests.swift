import JEPATensor
import JEPATestSupport
import Research
import Testing

@Suite struct LaplaceTests {
  @Test func densityHasItsGradient() {
    var random = RandomSource(seed: 3)
    let y = Tensor.normal([5, 4], dtype: .float64, using: &random)
    let inputs = (0..<2).map { _ in Tensor.normal([5, 4], dtype: .float64, using: &random) }
    gradientCheck(at: inputs) { laplaceLogDensity(of: y, mean: $0[0], logScale: $0[1]) }
  }

  @Test(arguments: HeadLaw.forExactDensities) func lawsOfHeads(_ law: HeadLaw) throws {
    try HeadUnderTest("laplace") { contexts, targets, dtype, random in
      LaplaceHead(
        contextDimensions: contexts, targetDimensions: targets, dtype: dtype, using: &random)
    }.expect(law)
  }
}
