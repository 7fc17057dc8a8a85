import Foundation
import JEPATensor
import JEPATestSupport
import Testing

/// Draws beside the moments of their distributions; the seed is fixed, and bounds are five standard errors.
@Suite struct RandomDistributionTests {
  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  @Test(arguments: [0.3, 1, 4.5, 60]) func gamma(_ shape: Double) {
    var random = RandomSource(seed: 11)
    let n = 20_000
    let values = Tensor.gamma([n], concentration: shape, dtype: .float64, using: &random).doubles()
    #expect(values.allSatisfy { $0 >= 0 })
    let (mean, variance) = Self.moments(values)
    #expect(abs(mean - shape) < 5 * (shape / Double(n)).squareRoot())
    // The fourth central moment is 3 shape² + 6 shape.
    let deviation = ((2 * shape * shape + 6 * shape) / Double(n)).squareRoot()
    #expect(abs(variance - shape) < 5 * deviation)
  }

  @Test(arguments: [[0.5, 0.5], [2, 5], [30, 1]]) func beta(_ parameters: [Double]) {
    let (a, b) = (parameters[0], parameters[1])
    var random = RandomSource(seed: 12)
    let values = Tensor.beta([20_000], a, b, dtype: .float64, using: &random).doubles()
    let (mean, variance) = Self.moments(values)
    let expected = a * b / ((a + b) * (a + b) * (a + b + 1))
    #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(abs(mean - a / (a + b)) < 5 * (expected / 20_000).squareRoot())
    #expect(abs(variance / expected - 1) < 0.06)
  }

  @Test func uniformInARange() {
    var random = RandomSource(seed: 13)
    let values = Tensor.uniform([10_000], in: -3..<5, dtype: .float64, using: &random).doubles()
    #expect(values.allSatisfy { (-3..<5).contains($0) })
    let (mean, variance) = Self.moments(values)
    #expect(abs(mean - 1) < 0.12 && abs(variance / (64.0 / 12) - 1) < 0.05)
  }

  @Test func categories() {
    var random = RandomSource(seed: 14)
    var counts = [0.0, 0, 0, 0]
    for _ in 0..<20_000 { counts[random.categorical([1, 0, 3, 6])] += 1 }
    for (count, share) in zip(counts, [0.1, 0, 0.3, 0.6]) {
      #expect(abs(count / 20_000 - share) <= 5 * (share * (1 - share) / 20_000).squareRoot())
    }
    let logits = Tensor([0, -1000, 0, -1000, 0, -1000], shape: [2, 3])
    #expect(Tensor.categorical(logits: logits, using: &random).last == 1)
    #expect([0, 2].contains(Tensor.categorical(logits: logits, using: &random)[0]))
  }
}
