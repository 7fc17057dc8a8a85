import Foundation
import JEPAData
import JEPADensity
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ModeFinderTests {
  /// [M, 1, D] samples of Gaussians of deviation 1 around `centers`, so many from each.
  private func clusters(_ centers: [[Double]], _ counts: [Int], seed: UInt64) -> Tensor {
    var random = RandomSource(seed: seed)
    var values: [Double] = []
    for (center, count) in zip(centers, counts) {
      for _ in 0..<count { values += center.map { $0 + random.normal() } }
    }
    return Tensor(values, shape: [counts.reduce(0, +), 1, centers[0].count])
  }

  @Test(arguments: [1 as UInt64, 2, 3]) func ringHasTheModesOfItsContext(seed: UInt64) {
    let toy = RingOfGaussians()
    var random = RandomSource(seed: seed)
    let truth = TrueDensity(toy: toy, contexts: toy.exampleContexts)
    let modes = ModeFinder().modes(of: truth, using: &random)
    let agreement = ModeAgreement(found: modes, truth: toy.modes(given: toy.exampleContexts))
    #expect(agreement.isExact && agreement.trueCount == 15, "\(agreement)")
    #expect(agreement.weightDistance < 0.05, "\(agreement)")
    #expect(modes.map(\.count) == [1, 2, 3, 4, 5])
  }

  @Test(arguments: [1 as UInt64, 2, 3]) func sinusoidHasItsBranches(seed: UInt64) {
    let toy = InverseSinusoid()
    var random = RandomSource(seed: seed)
    let truth = TrueDensity(toy: toy, contexts: toy.exampleContexts, tolerance: 5e-3)
    let modes = ModeFinder().modes(of: truth, using: &random)
    let agreement = ModeAgreement(found: modes, truth: toy.modes(given: toy.exampleContexts))
    #expect(agreement.isExact && agreement.trueCount == 7, "\(agreement)")
    #expect(agreement.weightDistance < 0.05, "\(agreement)")
    #expect(modes.map(\.count) == [1, 2, 1, 2, 1])
    // The prediction's own density, not the kernel estimate.
    for (index, row) in modes.enumerated() {
      for mode in row {
        let value = toy.logDensity(
          of: mode.location.reshaped([1, 1]),
          given: toy.exampleContexts.slice(axis: 0, index..<index + 1)
        ).item()
        #expect(value == mode.logDensity)
      }
    }
  }

  @Test func moonsAreOneModeEach() {
    let toy = TwoMoons()
    var random = RandomSource(seed: 4)
    let contexts = Tensor([0.5, 0.8], shape: [2, 1])
    let truth = TrueDensity(toy: toy, contexts: contexts, tolerance: 0.02)
    let modes = ModeFinder().modes(of: truth, using: &random)
    let agreement = ModeAgreement(found: modes, truth: toy.modes(given: contexts))
    #expect(agreement.isExact, "\(agreement)")
    #expect(agreement.weightDistance < 0.06, "\(agreement)")
  }

  @Test(arguments: [1, 2, 20, 190]) func twoClustersAndOne(dimensions: Int) {
    // Far apart relative to √D, the radius of a cluster.
    let distance = 8 + 2 * Double(dimensions).squareRoot()
    let zero = [Double](repeating: 0, count: dimensions)
    var far = zero
    far[dimensions - 1] = distance
    let two = ModeFinder().modes(ofSamples: clusters([zero, far], [700, 300], seed: 3))[0]
    #expect(two.map(\.weight) == [0.7, 0.3])
    #expect((two[0].location - Tensor(zero, shape: [dimensions])).norm() < 0.5 * distance)
    #expect((two[1].location - Tensor(far, shape: [dimensions])).norm() < 0.5 * distance)
    let one = ModeFinder().modes(ofSamples: clusters([zero], [1000], seed: 8))[0]
    #expect(one.count == 1 && one[0].weight == 1)
    #expect(one[0].location.shape == [dimensions] && one[0].location.dtype == .float64)
  }

  @Test func kernelEstimateByHand() {
    // Two pairs of points: at the middle of the first pair, p̂ = Σ N(0.5; xᵢ, 1) / 4.
    var finder = ModeFinder()
    finder.bandwidth = .fixed(1)
    finder.significance = 0
    let samples = Tensor([0, 1, 20, 21], shape: [4, 1, 1])
    let modes = finder.modes(ofSamples: samples)[0]
    #expect(modes.count == 2)
    for mode in modes {
      #expect(mode.weight == 0.5)
      let expected = log(2 * exp(-0.125) / (2 * Double.pi).squareRoot() / 4)
      #expect(abs(mode.logDensity - expected) < 1e-4)
    }
    let locations = modes.map { $0.location.item() }.sorted()
    expectClose(locations, [0.5, 20.5], absolute: 1e-2, relative: 0)
  }

  @Test func equalSamplesAndNoRows() {
    let point = ModeFinder().modes(ofSamples: .full([50, 2, 3], 4, dtype: .float32))
    #expect(point.count == 2)
    for modes in point {
      #expect(modes.count == 1 && modes[0].weight == 1)
      expectClose(modes[0].location.doubles(), [4, 4, 4], absolute: 1e-5, relative: 0)
    }
    #expect(ModeFinder().modes(ofSamples: .zeros([50, 0, 3])).isEmpty)
  }

  @Test func shiftAndScaleMoveTheModesAndNothingElse() {
    let samples = clusters([[0, 0], [9, 0]], [600, 400], seed: 5)
    let modes = ModeFinder().modes(ofSamples: samples)[0]
    let moved = ModeFinder().modes(ofSamples: samples * 0.01 + 3)[0]
    #expect(modes.map(\.weight) == moved.map(\.weight))
    for (a, b) in zip(modes, moved) {
      expectClose(b.location, a.location * 0.01 + 3, absolute: 2e-3, relative: 0)
      #expect(abs(b.logDensity - a.logDensity - 2 * log(100)) < 0.02)
    }
  }
}
