import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct ClusteredBootstrapTests {
  /// Rows whose common part per image has variance `shared` of 1.
  private func rows(
    images: Int, each count: Int, shared: Double, seed: UInt64
  ) -> (images: [Int], values: [Double]) {
    var random = RandomSource(seed: seed)
    var result: (images: [Int], values: [Double]) = ([], [])
    for image in 0..<images {
      let common = random.normal() * shared.squareRoot()
      for _ in 0..<count {
        result.images.append(100 + image)
        result.values.append(common + random.normal() * (1 - shared).squareRoot())
      }
    }
    return result
  }

  /// Of G images with m rows each, the mean's variance is (shared + (1 − shared) / m) / G; the bootstrap's
  /// own is that of the image means over G, so that its width is known from the same data.
  @Test func widthIsThatOfTheImagesMeans() throws {
    let (g, m) = (200, 8)
    let data = rows(images: g, each: m, shared: 0.6, seed: 3)
    let estimate = ClusteredBootstrap(
      clusters: data.images, resamples: 4000, using: RandomSource(seed: 1)
    ).mean(data.values)
    let means = (0..<g).map { data.values[$0 * m..<($0 + 1) * m].reduce(0, +) / Double(m) }
    let mean = means.reduce(0, +) / Double(g)
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(g)
    let width = 2 * 1.96 * (variance / Double(g)).squareRoot()
    let (low, high) = (try #require(estimate.low), try #require(estimate.high))
    expectClose([try #require(estimate.value)], [mean], relative: 1e-12)
    // The ends of 4,000 resamples' intervals err by a few per cent of the width.
    expectClose([high - low], [width], relative: 0.06)
    // And by the closed form, within the spread of the variance of 200 images.
    let expected = 2 * 1.96 * ((0.6 + 0.4 / Double(m)) / Double(g)).squareRoot()
    expectClose([high - low], [expected], relative: 0.2)
    // Rows taken for independent would give less than half of it.
    let naive = ClusteredBootstrap(
      clusters: Array(data.values.indices), resamples: 1000, using: RandomSource(seed: 1)
    ).mean(data.values)
    #expect(try #require(naive.high) - (try #require(naive.low)) < 0.5 * (high - low))
  }

  @Test func intervalsCoverTheTruth() {
    let hits = (0..<200).count { trial in
      let data = rows(images: 40, each: 3, shared: 0.5, seed: UInt64(1000 + trial))
      let estimate = ClusteredBootstrap(
        clusters: data.images, resamples: 300, confidence: 0.8,
        using: RandomSource(seed: UInt64(trial))
      ).mean(data.values)
      return (estimate.low ?? 1)...(estimate.high ?? 1) ~= 0
    }
    // 160 expected, with a deviation of 5.7.
    #expect((140...176).contains(hits))
  }

  @Test func pairsCancelWhatTheyShare() throws {
    let data = rows(images: 30, each: 5, shared: 0.5, seed: 9)
    let bootstrap = ClusteredBootstrap(
      clusters: data.images, resamples: 200, using: RandomSource(seed: 2))
    let shifted = data.values.map { $0 + 0.25 }
    let difference = bootstrap.meanDifference(shifted, data.values)
    expectClose(
      [difference.value, difference.low, difference.high].map { $0 ?? .nan }, [0.25, 0.25, 0.25],
      relative: 1e-9)
  }

  @Test func ratiosSkipRowsThatLackAPart() {
    let bootstrap = ClusteredBootstrap(
      clusters: [0, 0, 1], resamples: 50, using: RandomSource(seed: 0))
    let ratio = bootstrap.ratio([1, .nan, 5], [2, 100, 4])
    #expect(ratio.value == 1)
    #expect(ratio.low == 0.5 && ratio.high == 1.25)
    #expect(bootstrap.mean([.nan, .nan, .nan]) == Estimate(value: .nan))
  }

  @Test func oneImageHasNoInterval() {
    let estimate = ClusteredBootstrap(
      clusters: [7, 7], resamples: 20, using: RandomSource(seed: 0)
    ).mean([1, 3])
    #expect(estimate == Estimate(value: 2))
    #expect(estimate.low == nil)
  }

  /// General statistics see the same resamples as means do, at any number of threads.
  @Test func statisticsSeeTheSameResamples() {
    let data = rows(images: 20, each: 2, shared: 0.5, seed: 5)
    let values = data.values
    let one = Parallelism.withThreads(1) {
      ClusteredBootstrap(clusters: data.images, resamples: 99, using: RandomSource(seed: 4))
    }
    let two = Parallelism.withThreads(2) {
      ClusteredBootstrap(clusters: data.images, resamples: 99, using: RandomSource(seed: 4))
    }
    let mean = one.mean(values)
    let general = two.estimates { weights in
      [zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)]
    }[0]
    expectClose(
      [general.value, general.low, general.high].map { $0 ?? .nan },
      [mean.value, mean.low, mean.high].map { $0 ?? .nan }, absolute: 1e-12, relative: 1e-9)
  }
}
