import Foundation
import JEPAAutoregressive
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct AutoregressiveSamplerTests {
  /// The sampler's naive twin: a whole forward pass per coordinate, for one ordering.
  private func drawnByPasses(
    _ head: AutoregressiveHead, _ context: Tensor, _ count: Int, seed: UInt64
  ) -> (draws: [Double], expectations: [Double]) {
    var random = RandomSource(seed: seed)
    let source = RandomSource(seed: random.next())
    let (rows, dimensions) = (context.shape[0], head.orders[0].count)
    let (components, options) = (head.options.components, head.options)
    var draws = [Double](repeating: 0, count: count * rows * dimensions)
    var expectations = draws
    for start in stride(from: 0, to: count * rows, by: AutoregressiveSampler.chunk) {
      let members = Array(start..<min(start + AutoregressiveSampler.chunk, count * rows))
      var stream = source.split(start / AutoregressiveSampler.chunk)
      let key = stream.next()
      let part = context.gatherRows(members.map { $0 % rows })
      let columns = (members.count + 31) / 32 * 32
      let uniform = ColumnBlock(rows: 2, columns: columns, dtype: .float64)
      var y = [Double](repeating: 0, count: members.count * dimensions)  // by position
      for position in 0..<dimensions {
        uniform.setUniform(key: key, index: position)
        let u = uniform.tensor(rows: 0..<2, columns: columns).doubles()
        let known = Tensor(y, shape: [members.count, dimensions])
        let blocks = head.parameters(of: known, context: part, 0)
        let mixtures = Tensor.concatenated(blocks.map(\.values), axis: 3).doubles()
        let shifts = head.shifts(of: known, 0)?.doubles()
        for row in members.indices {
          func parameter(_ j: Int, _ k: Int) -> Double {
            mixtures[((row * 3 + j) * components + k) * dimensions + position]
          }
          let weights = (0..<components).map { exp(parameter(0, $0)) }
          let total = weights.reduce(0, +)
          var (chosen, reached) = (0, weights[0])
          while reached < u[row] * total && chosen < components - 1 {
            chosen += 1
            reached += weights[chosen]
          }
          let shift = shifts?[row * dimensions + position] ?? 0
          let scale = exp(parameter(2, chosen)) + options.minimumScale
          let level = u[columns + row]
          let z =
            switch options.component {
            case .gaussian: NormalDistribution.quantile(level)
            case .logistic: log(level / (1 - level))
            case .laplace: level < 0.5 ? log(2 * level) : -log(2 * (1 - level))
            }
          let value = parameter(1, chosen) + shift + scale * z
          y[row * dimensions + position] = value
          let at = members[row] * dimensions + head.orders[0][position]
          draws[at] = value
          expectations[at] =
            zip(weights, 0..<components).reduce(0) { $0 + $1.0 * parameter(1, $1.1) } / total
            + shift
        }
      }
    }
    return (draws, expectations)
  }

  @Test(arguments: MixtureComponent.allCases, [true, false])
  func agreesWithOnePassPerCoordinate(_ component: MixtureComponent, _ natural: Bool) {
    for (context, target, count, rows) in [
      (3, 9, 3, 50), (0, 4, 1, 5), (2, 1, 40, 1), (1, 70, 1, 3),
    ] {
      let head = smallHead(context: context, target: target, spread: 0.05) {
        $0.component = component
        $0.naturalOrder = natural
        $0.residual = natural
        $0.linearShift = component != .laplace
        $0.hiddenLayers = natural ? 3 : 1
        $0.activation = natural ? .gelu : .relu
      }
      let features = normal([rows, context])
      let expected = drawnByPasses(head, features, count, seed: 5)
      var random = RandomSource(seed: 5)
      let actual = head(features).sample(count, using: &random)
      #expect(actual.shape == [count, rows, target])
      expectClose(
        actual.doubles(), expected.draws, absolute: 2e-5, relative: 2e-5,
        "\(component), \(context) → \(target)")
    }
  }

  /// A scale that grows with the coordinate before it meets a bound: draws stay finite.
  @Test func drawsDoNotRunAway() {
    let head = smallHead(target: 60, spread: 0.3) { $0.linearShift = false }
    var random = RandomSource(seed: 3)
    #expect(head(normal([200, 3])).sample(1, using: &random).isFinite)
  }

  /// In float32, and with weights in bfloat16, draws are those of float64 but for rounding.
  @Test func precisions() {
    let head = smallHead(target: 6, spread: 0.1)
    let context = normal([40, 3])
    func draw(_ head: AutoregressiveHead, _ context: Tensor) -> Tensor {
      var random = RandomSource(seed: 2)
      return head(context).sample(2, using: &random)
    }
    let exact = draw(head, context).doubles()
    let single = draw(head.cast(to: .float32), context.cast(to: .float32))
    #expect(single.dtype == .float32)
    let close = zip(single.doubles(), exact).count { abs($0 - $1) < 1e-3 * (1 + abs($1)) }
    #expect(close >= exact.count - 12, "\(close) of \(exact.count)")
    let mixed = draw(
      head.cast(to: .float32).matrices(in: .bfloat16), context.cast(to: .bfloat16))
    #expect(mixed.dtype == .float32 && mixed.isFinite)
  }

  /// The mean of expectations along draws is the mean of draws, with less noise.
  @Test func mean() {
    let head = smallHead(target: 4, spread: 0.1) { $0.orderings = 2 }
    let prediction = head(normal([3, 3]))
    var random = RandomSource(seed: 12)
    let samples = prediction.sample(20_000, using: &random)
    let mean = prediction.mean(using: &random)
    #expect(mean.shape == [3, 4])
    let error =
      samples.variance(axis: 0).squareRoot()
      / Double(AutoregressivePrediction.meanDraws).squareRoot()
    for (got, (expected, bound)) in zip(
      mean.doubles(), zip(samples.mean(axis: 0).doubles(), error.doubles()))
    {
      #expect(abs(got - expected) < 4 * bound)
    }
    let single = smallHead(target: 4, spread: 0.1)(normal([3, 3]))
    let (a, b) = (single.mean(using: &random), single.mean(using: &random))
    expectClose(
      a.slice(axis: 1, 0..<1), b.slice(axis: 1, 0..<1), relative: 1e-12, "exact for the first")
  }

  @Test func nothing() {
    var random = RandomSource(seed: 1)
    let head = smallHead()
    #expect(head(.zeros([0, 3], dtype: .float64)).sample(2, using: &random).shape == [2, 0, 5])
    #expect(head(normal([2, 3])).sample(0, using: &random).shape == [0, 2, 5])
    #expect(head(.zeros([0, 3], dtype: .float64)).mean(using: &random).shape == [0, 5])
  }
}
