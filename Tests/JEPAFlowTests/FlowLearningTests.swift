import Foundation
import JEPAFlow
import JEPATensor
import JEPATestSupport
import Testing

/// What a flow must be able to learn, in seconds.
@Suite struct FlowLearningTests {
  /// y = ±(1 + x) with equal probability, plus noise of deviation 0.3, x uniform on [0, 1]: two modes
  /// in one dimension, whose distance depends on the context. With splines, one coordinate suffices.
  @Test func splinesLearnTwoModesInOneDimension() {
    var options = FlowOptions()
    options.coupling = .spline
    options.couplings = 2
    options.hiddenDimensions = 32
    let deviation = 0.3
    func batch(_ count: Int, _ source: RandomSource) -> (Tensor, Tensor) {
      var random = source
      let x = (0..<count).map { _ in random.uniform() }
      let y = x.map {
        (random.uniform() < 0.5 ? -1 : 1) * (1 + $0) + deviation * random.normal()
      }
      return (
        Tensor(x, shape: [count, 1], dtype: .float32),
        Tensor(y, shape: [count, 1], dtype: .float32)
      )
    }
    func truth(_ x: Tensor, _ y: Tensor) -> Double {
      let pairs = zip(x.doubles(), y.doubles())
      let sum = pairs.reduce(0.0) { sum, pair in
        let near = [-1.0, 1].reduce(0.0) {
          let d = (pair.1 - $1 * (1 + pair.0)) / deviation
          return $0 + 0.5 * exp(-0.5 * d * d)
        }
        return sum + log(near / (deviation * (2 * Double.pi).squareRoot()))
      }
      return sum / Double(x.count)
    }
    let source = RandomSource(seed: 1)
    var random = source.split("head")
    var head = FlowHead(
      contextDimensions: 1, targetDimensions: 1, options: options, using: &random)
    let (firstX, firstY) = batch(512, source.split("first"))
    head = head.initialized(from: firstY, context: firstX)
    var optimizer = AdamW()
    for step in 0..<400 {
      let (x, y) = batch(256, source.split(step))
      var draws = source.split("loss")
      let gradients = valueAndGradients(of: head) {
        $0(x).loss(of: y, using: &draws).mean()
      }.gradients
      let rate = 1e-2 * 0.5 * (1 + cos(Double.pi * Double(step) / 400))
      optimizer.update(
        &head, gradients: gradients, learningRate: rate, weightDecay: 0, gradientScale: 1)
    }
    let (x, y) = batch(4000, source.split("test"))
    let gap = truth(x, y) - head(x).logDensity(of: y).mean().item()
    print("flow, two modes in one dimension: \(gap) nats from the truth")
    #expect(gap < 0.1)
  }
}
