import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct NoiseTests {
  private static func draws(_ count: Int, _ dtype: DType = .float32, seed: UInt64 = 1) -> [Double] {
    var random = RandomSource(seed: seed)
    return Tensor.gaussianNoise([count], dtype: dtype, using: &random).doubles()
  }

  @Test(arguments: [DType.float32, .float64])
  func isNormal(_ dtype: DType) {
    let n = 1_000_000
    let x = Self.draws(n, dtype)
    for (power, moment, deviation) in [
      (1.0, 0.0, 1.0), (2, 1, 2.0.squareRoot()), (3, 0, 15.0.squareRoot()),
      (4, 3, 96.0.squareRoot()), (6, 15, 10170.0.squareRoot()),
    ] {
      let mean = x.reduce(0) { $0 + pow($1, power) } / Double(n)
      #expect(abs(mean - moment) < 4 * deviation / Double(n).squareRoot(), "moment \(power)")
    }
    let sorted = x.sorted()
    let worst = sorted.enumerated().reduce(0) {
      max($0, abs(Double($1.offset) / Double(n) - NormalDistribution.cdf($1.element)))
    }
    #expect(worst < 1.95 / Double(n).squareRoot(), "Kolmogorov distance \(worst)")
  }

  @Test func tails() {
    let n = 4_000_000
    let x = Self.draws(n, seed: 2)
    for limit in [2.0, 3, 4, 4.5] {
      for side in [1.0, -1] {
        let expected = Double(n) * NormalDistribution.cdf(-limit)
        let count = Double(x.count { $0 * side > limit })
        #expect(
          abs(count - expected) < 4.5 * expected.squareRoot() + 1, "\(count) beyond \(side * limit)"
        )
      }
    }
    #expect((x.max() ?? 0) > 4.8 && (x.max() ?? 0) < 6.67)
  }

  /// Neither values nor squares of draws a lane, half a pair or a group apart know of each other.
  @Test func drawsAreIndependent() {
    let n = 1_000_000
    let x = Self.draws(n, seed: 3)
    for lag in [1, 2, 3, 63, 64, 65, 128, 192, 256, 512, 1000] {
      var (values, squares) = (0.0, 0.0)
      for i in 0..<n - lag {
        values += x[i] * x[i + lag]
        squares += (x[i] * x[i] - 1) * (x[i + lag] * x[i + lag] - 1)
      }
      let scale = Double(n - lag).squareRoot()
      #expect(abs(values) / scale < 4.5, "lag \(lag)")
      #expect(abs(squares) / scale / 2 < 4.5, "squares at lag \(lag)")
    }
    let other = Self.draws(n, seed: 4)
    let cross = zip(x, other).reduce(0) { $0 + $1.0 * $1.1 } / Double(n).squareRoot()
    #expect(abs(cross) < 4.5, "another seed")
  }

  @Test func lengthAndType() {
    let long = Self.draws(1000)
    for count in [0, 1, 3, 64, 255, 256, 257, 999] {
      #expect(Self.draws(count) == Array(long.prefix(count)), "\(count) draws")
    }
    expectClose(long, Self.draws(1000, .float64), absolute: 2e-5, relative: 1e-5)
    var random = RandomSource(seed: 1)
    let half = Tensor.gaussianNoise([1000], dtype: .bfloat16, using: &random)
    #expect(half.dtype == .bfloat16)
    expectClose(half.doubles(), long, relative: 0x1p-8)
    let next = Tensor.gaussianNoise([1000], using: &random)
    #expect(next.doubles() != long, "a second call gives other draws")
  }

  @Test func signs() {
    var random = RandomSource(seed: 5)
    let signs = Tensor.randomSigns([300, 100], using: &random)
    #expect(signs.shape == [300, 100])
    let values = signs.doubles()
    #expect(values.allSatisfy { abs($0) == 1 })
    #expect(abs(values.reduce(0, +)) < 4 * 30_000.0.squareRoot())
  }
}
