import Foundation
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct TrainedDiffusionTests {
  /// y = ±1 + ½c with probabilities that depend on c, plus noise.
  private static func draw(
    _ count: Int, _ random: inout RandomSource
  ) -> (context: Tensor, y: Tensor, density: [Double]) {
    var (contexts, targets, densities): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<count {
      let c = random.uniform(in: -1..<1)
      let heavy = 1 / (1 + exp(-2 * c))
      let sign = random.uniform() < heavy ? 1.0 : -1.0
      let y = sign * 0.9 + 0.5 * c + 0.3 * random.normal()
      func normal(_ mean: Double) -> Double {
        exp(-0.5 * (y - mean) * (y - mean) / 0.09) / (0.3 * (2 * Double.pi).squareRoot())
      }
      contexts.append(c)
      targets.append(y)
      densities.append(
        log(heavy * normal(0.9 + 0.5 * c) + (1 - heavy) * normal(-0.9 + 0.5 * c)))
    }
    return (
      Tensor(contexts, shape: [count, 1], dtype: .float32),
      Tensor(targets, shape: [count, 1], dtype: .float32), densities
    )
  }

  @Test(arguments: [(DiffusionQuantity.v, NoiseSchedule.Kind.cosine), (.epsilon, .linear)])
  func learnsAConditionalMixture(_ prediction: DiffusionQuantity, _ kind: NoiseSchedule.Kind) {
    var options = DiffusionOptions()
    (options.width, options.embeddingDimensions) = (64, 64)
    (options.prediction, options.schedule) = (prediction, kind)
    options.samplingSteps = 100
    var random = RandomSource(seed: 1)
    var head = DiffusionHead(
      contextDimensions: 1, targetDimensions: 1, options: options, using: &random)
    var average = head
    var optimizer = AdamW()
    let steps = 1200
    for step in 0..<steps {
      let (context, y, _) = Self.draw(256, &random)
      let (_, gradients) = valueAndGradients(of: head) {
        $0(context).loss(of: y, using: &random).mean()
      }
      let rate = 2e-3 * 0.5 * (1 + cos(Double.pi * Double(step) / Double(steps)))
      optimizer.update(&head, gradients: gradients, learningRate: rate, weightDecay: 0)
      average.moveTowards(head, momentum: 0.99)
    }
    let (context, y, truth) = Self.draw(1000, &random)
    let estimate = average(context).estimatedLogDensity(of: y, using: &random).doubles()
    let gap = zip(truth, estimate).reduce(0) { $0 + $1.0 - $1.1 } / 1000
    #expect(gap > -0.02 && gap < 0.05, "\(gap) nats below the truth")
    let bound = average(context).evidenceLowerBound(of: y, using: &random).mean().item()
    let mean = truth.reduce(0, +) / 1000
    #expect(bound < mean + 0.2 && bound > mean - 0.3, "bound \(bound) for \(mean)")

    // Draws for c = 0: two modes of equal mass.
    let draws = average(.zeros([1, 1])).sample(2000, using: &random).doubles()
    let above = draws.filter { $0 > 0 }
    #expect(abs(Double(above.count) / 2000 - 0.5) < 0.06)
    let centre = above.reduce(0, +) / Double(above.count)
    #expect(abs(centre - 0.9) < 0.06, "mean of the upper mode \(centre)")
  }
}
