import Foundation
import Testing

import JEPATensor

@Suite struct PhiloxTests {
  /// The known-answer vectors of Random123 (Salmon et al. 2011), philox4x32-10.
  @Test func agreesWithKnownAnswers() {
    let zeros = Philox.block(key: 0, counter: 0, stream: 0)
    #expect(zeros == (0xE169_C58D_6627_E8D5, 0x9B00_DBD8_BC57_AC4C))
    let ones = Philox.block(key: .max, counter: .max, stream: .max)
    #expect(ones == (0x41C8_3B0E_408F_276D, 0x6D54_51FD_A20B_C7C6))
    let pi = Philox.block(
      key: 0x299F_31D0_A409_3822, counter: 0x85A3_08D3_243F_6A88, stream: 0x0370_7344_1319_8A2E)
    #expect(pi == (0x94FD_CCEB_D16C_FE09, 0x2412_6EA1_5001_E420))
  }
}

@Suite struct RandomSourceTests {
  /// A change here changes every training run: masks, crops and initial weights.
  @Test func drawsNeverChange() {
    var random = RandomSource(seed: 7)
    #expect(
      (0..<4).map { _ in random.next() } == [
        0x3248_D059_BF13_F985, 0x4634_107F_FF9F_776A, 0x5B44_B955_A2AF_7276,
        0xBF63_780C_8469_2997,
      ])
    var crop = RandomSource(seed: 7).split("crop")
    #expect([crop.next(), crop.next()] == [0x431D_93B8_BD37_559B, 0x6914_0AA7_0A17_0E37])
    var third = RandomSource(seed: 7).split(3)
    #expect([third.next(), third.next()] == [0x1601_1DAE_ED39_9A61, 0xF775_13BC_3E9E_6BB6])
    var negative = RandomSource(seed: 7).split(-1)
    #expect(negative.next() == 0x8590_9ACE_6250_E9BE)
    var chain = RandomSource(seed: 7).split("crop").split(2).split(99)
    #expect([chain.next(), chain.next()] == [0x50C4_B6C3_9D55_E1DD, 0x18F4_D1FC_3FB9_D53E])
    var order = RandomSource(seed: 7)
    #expect(order.permutation(8) == [5, 6, 4, 0, 3, 2, 7, 1])
    var uniform = RandomSource(seed: 7)
    #expect(uniform.uniform() == 0.196423551474325)
    var normal = RandomSource(seed: 7)
    #expect(abs(normal.normal() + 0.10030239788170137) < 1e-15)
    #expect(abs(normal.normal() - 0.6536859619416029) < 1e-15)
  }

  @Test func splittingIsIndependentOfDrawing() {
    var random = RandomSource(seed: 1)
    let before = random.split("mask")
    _ = random.next()
    _ = random.normal()
    #expect(random.split("mask") == before)
    var child = random.split(5)
    let expected = random
    _ = child.uniform()
    #expect(random == expected)
    #expect(random.split(5) != random.split(6))
    #expect(random.split("5") != random.split(5))
    #expect(RandomSource(seed: 1) != RandomSource(seed: 2))
    #expect(random.split("a").split("b") != random.split("b").split("a"))
  }

  @Test func splitStreamsAreUncorrelated() {
    let root = RandomSource(seed: 3)
    let n = 20_000
    var firsts = (0..<n).map { index -> Double in
      var child = root.split(index)
      return child.uniform()
    }
    #expect(kolmogorovSmirnov(firsts) { $0 } < 1.95)
    let neighbours = zip(firsts, firsts.dropFirst()).reduce(0) { $0 + ($1.0 - 0.5) * ($1.1 - 0.5) }
    #expect(abs(neighbours / Double(n) * 12) < 4 / Double(n).squareRoot())
    var parent = root
    let own = (0..<n).map { _ in parent.uniform() }
    let cross = zip(firsts, own).reduce(0) { $0 + ($1.0 - 0.5) * ($1.1 - 0.5) }
    #expect(abs(cross / Double(n) * 12) < 4 / Double(n).squareRoot())
    firsts.removeAll()
  }

  @Test func uniformDrawsAreUniform() {
    var random = RandomSource(seed: 4)
    let draws = (0..<50_000).map { _ in random.uniform() }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(kolmogorovSmirnov(draws) { $0 } < 1.95)
    let shifted = (0..<1000).map { _ in random.uniform(in: -3..<5) }
    #expect(shifted.allSatisfy { $0 >= -3 && $0 < 5 })
    #expect((shifted.min() ?? 0) < -2.9 && (shifted.max() ?? 0) > 4.9)
  }

  @Test func normalDrawsAreNormal() {
    var random = RandomSource(seed: 5)
    let n = 100_000
    let draws = (0..<n).map { _ in random.normal() }
    #expect(kolmogorovSmirnov(draws, NormalDistribution.cdf) < 1.95)
    // The k-th moment of N(0, 1) has a standard error of √(E x²ᵏ − (E xᵏ)²) / √n.
    for (power, moment, deviation) in [
      (1.0, 0.0, 1.0), (2, 1, 2.0.squareRoot()), (3, 0, 15.0.squareRoot()),
      (4, 3, 96.0.squareRoot()),
    ] {
      let sample = draws.reduce(0) { $0 + pow($1, power) } / Double(n)
      #expect(abs(sample - moment) < 4 * deviation / Double(n).squareRoot(), "moment \(power)")
    }
  }

  @Test(arguments: [
    (-2.0, 2.0), (-100.0, 100.0), (0.5, 1.5), (-0.1, 4.0), (3.0, 4.0), (-9.0, -8.0), (8.0, 9.0),
  ])
  func truncatedDrawsFollowTheirLaw(_ lower: Double, _ upper: Double) {
    var random = RandomSource(seed: 6)
    let draws = (0..<20_000).map { _ in random.truncatedNormal(lower: lower, upper: upper) }
    #expect(draws.allSatisfy { $0 >= lower && $0 <= upper })
    // By symmetry, on the side where the distribution function has digits left.
    let sign = lower > 0 ? -1.0 : 1
    let (low, high) = (
      NormalDistribution.cdf(min(sign * lower, sign * upper)),
      NormalDistribution.cdf(max(sign * lower, sign * upper))
    )
    let distance = kolmogorovSmirnov(draws.map { sign * $0 }) {
      (NormalDistribution.cdf($0) - low) / (high - low)
    }
    #expect(distance < 1.95)
  }

  @Test(arguments: [1, 2, 3, 7, 100, (1 << 62) + 1])
  func integersAreUnbiased(_ bound: Int) {
    var random = RandomSource(seed: 8)
    let n = 40_000
    var counts = [Int](repeating: 0, count: min(bound, 100))
    for _ in 0..<n {
      let draw = random.integer(below: bound)
      #expect(draw >= 0 && draw < bound)
      counts[bound <= 100 ? draw : Int(Double(draw) / Double(bound) * 100)] += 1
    }
    #expect(chiSquare(counts) < bounds(cells: counts.count))
  }

  /// 2⁶⁴ draws shared by 3 · 2⁶¹ integers: without rejection every third comes up less often.
  @Test func largeBoundsAreUnbiasedToo() {
    var random = RandomSource(seed: 12)
    var counts = [0, 0, 0]
    for _ in 0..<40_000 { counts[random.integer(below: 3 << 61) % 3] += 1 }
    #expect(chiSquare(counts) < bounds(cells: 3))
  }

  @Test func permutationsAreUniform() {
    var random = RandomSource(seed: 9)
    #expect(random.permutation(0) == [])
    #expect(random.permutation(1) == [0])
    #expect(random.permutation(500).sorted() == Array(0..<500))
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[random.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    #expect(chiSquare(Array(counts.values)) < bounds(cells: 24))
  }

  @Test func codingInTheMiddleOfAStreamContinuesIt() throws {
    for (words, normals) in [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 3)] {
      var random = RandomSource(seed: .max).split("x")
      for _ in 0..<words { _ = random.next() }
      for _ in 0..<normals { _ = random.normal() }
      var restored = try JSONDecoder().decode(
        RandomSource.self, from: JSONEncoder().encode(random))
      #expect(restored == random)
      for _ in 0..<5 {
        #expect(restored.normal() == random.normal())
        #expect(restored.next() == random.next())
      }
    }
  }

  @Test func servesTheStandardLibrary() {
    var random = RandomSource(seed: 10)
    #expect(Array(0..<50).shuffled(using: &random).sorted() == Array(0..<50))
  }

  /// √n · sup |F̂ − F|; beyond 1.95 with probability 0.001.
  private func kolmogorovSmirnov(_ draws: [Double], _ cdf: (Double) -> Double) -> Double {
    let n = Double(draws.count)
    var largest = 0.0
    for (index, draw) in draws.sorted().enumerated() {
      let p = cdf(draw)
      largest = max(largest, abs(Double(index + 1) / n - p), abs(p - Double(index) / n))
    }
    return largest * n.squareRoot()
  }

  private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// χ² beyond which a uniform law is rejected, four deviations up.
  private func bounds(cells: Int) -> Double {
    let freedom = Double(cells - 1)
    return freedom + 4 * (2 * freedom).squareRoot() + 1e-9
  }
}

@Suite struct NormalDistributionTests {
  @Test func quantileInvertsTheDistributionFunction() {
    for exponent in stride(from: -300.0, through: -0.31, by: 0.37) {
      let p = pow(10, exponent)
      let x = NormalDistribution.quantile(p)
      #expect(abs(NormalDistribution.cdf(x) / p - 1) < 1e-12, "p \(p)")
      if exponent > -10 {
        #expect(abs(NormalDistribution.quantile(1 - p) + x) < 1e-6 * max(1, abs(x)), "p \(p)")
      }
    }
    #expect(NormalDistribution.quantile(0.5) == 0)
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963984540054) < 1e-14)
    #expect(NormalDistribution.quantile(0) == -.infinity)
    #expect(NormalDistribution.quantile(1) == .infinity)
    #expect(abs(NormalDistribution.cdf(1) - 0.8413447460685429) < 1e-15)
  }
}
