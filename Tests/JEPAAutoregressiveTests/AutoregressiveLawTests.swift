import JEPAAutoregressive
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct AutoregressiveLawTests {
  private func underTest(
    _ label: String, _ change: @escaping @Sendable (inout AutoregressiveOptions) -> Void
  ) -> HeadUnderTest<AutoregressiveHead> {
    var test = HeadUnderTest(label) { context, target, dtype, random in
      var options = AutoregressiveOptions()
      options.hiddenDimensions = 24
      options.components = 3
      options.minimumScale = 0.02
      change(&options)
      return AutoregressiveHead(
        contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
        using: &random)
    }
    test.meanDraws = AutoregressivePrediction.meanDraws
    return test
  }

  @Test(arguments: HeadLaw.forExactDensities, MixtureComponent.allCases)
  func laws(_ law: HeadLaw, _ component: MixtureComponent) throws {
    try underTest("autoregressive, \(component)") { $0.component = component }.expect(law)
  }

  @Test(arguments: HeadLaw.forExactDensities)
  func lawsOfSeveralOrderings(_ law: HeadLaw) throws {
    try underTest("autoregressive, three orderings") {
      $0.orderings = 3
      $0.hiddenLayers = 1
      $0.activation = .silu
    }.expect(law)
  }

  @Test(arguments: HeadLaw.forExactDensities)
  func lawsWithoutExtras(_ law: HeadLaw) throws {
    try underTest("autoregressive, plain") {
      $0.hiddenLayers = 3
      $0.residual = false
      $0.linearShift = false
      $0.naturalOrder = false
      $0.orderSeed = 1
    }.expect(law)
  }
}
