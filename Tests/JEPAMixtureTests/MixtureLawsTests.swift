import JEPADensity
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct MixtureLawsTests {
  @Test(arguments: HeadLaw.forExactDensities, MixtureCase.allCases)
  func laws(_ law: HeadLaw, _ kind: MixtureCase) throws {
    try HeadUnderTest("mixture, \(kind.rawValue)") { context, target, dtype, random in
      MixtureHead(
        contextDimensions: context, targetDimensions: target, options: kind.options, dtype: dtype,
        using: &random)
    }.expect(law)
  }

  /// Training by AdamW comes near a known conditional entropy and finds its modes: y is x or −x plus
  /// noise of 0.1, in the proportion 3 : 1.
  @Test(arguments: MixtureCase.allCases)
  func learnsATwoValuedFunction(_ kind: MixtureCase) {
    var random = RandomSource(seed: 30)
    var options = kind.options
    options.rank = kind == .lowRank ? 1 : 0
    options.components = 4
    options.hiddenDimensions = 32
    var head = MixtureHead(
      contextDimensions: 1, targetDimensions: 1, options: options, using: &random)
    func batch(_ count: Int, _ random: inout RandomSource) -> (Tensor, Tensor) {
      let x = (0..<count).map { _ in random.uniform(in: 1..<2) }
      let y = x.map { x in
        (random.uniform() < 0.75 ? x : -x) + 0.1 * random.normal()
      }
      return (
        Tensor(x, shape: [count, 1], dtype: .float32),
        Tensor(y, shape: [count, 1], dtype: .float32)
      )
    }
    var optimizer = AdamW()
    for step in 0..<600 {
      let (x, y) = batch(256, &random)
      let (_, gradients) = valueAndGradients(of: head) {
        $0(x).loss(of: y, using: &random).mean()
      }
      optimizer.update(
        &head, gradients: gradients, learningRate: step < 400 ? 0.01 : 0.001, weightDecay: 0)
    }
    let (x, y) = batch(4096, &random)
    let entropy = 1.4189385332 - 2.302585093 + 0.5623351446  // ½ log 2πe + log 0.1 + H(¾, ¼)
    let loss = head(x).loss(of: y, using: &random).mean().item()
    #expect(abs(loss - entropy) < 0.05, "loss \(loss), entropy \(entropy)")
    let modes = head(Tensor([1.5], shape: [1, 1], dtype: .float32)).modes(limit: 4)[0]
    let heavy = modes.filter { $0.weight > 0.05 }
    #expect(heavy.count == 2)
    expectClose(heavy.map { $0.location.item() }, [1.5, -1.5], absolute: 0.05, relative: 0)
    expectClose(heavy.map(\.weight), [0.75, 0.25], absolute: 0.06, relative: 0)
  }
}
