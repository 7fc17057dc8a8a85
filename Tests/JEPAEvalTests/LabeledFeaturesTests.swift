import JEPAEval
import JEPATensor
import Testing

@Suite struct LabeledFeaturesTests {
  @Test func splitsEachClassInProportion() {
    let labels = (0..<100).map { _ in 5 } + (0..<10).map { _ in 2 } + [9] + (0..<9).map { _ in 0 }
    let data = LabeledFeatures(features: .zeros([120, 1]), labels: labels)
    var random = RandomSource(seed: 1)
    let (fit, heldOut) = data.stratifiedSplit(heldOut: 0.1, using: &random)
    #expect((fit + heldOut).sorted() == Array(0..<120))
    #expect(fit == fit.sorted() && heldOut == heldOut.sorted())
    for (label, expected) in [(5, 10), (2, 1), (9, 0), (0, 0)] {
      #expect(heldOut.count { labels[$0] == label } == expected)
    }
    var same = RandomSource(seed: 1)
    #expect(data.stratifiedSplit(heldOut: 0.1, using: &same).heldOut == heldOut)
    var other = RandomSource(seed: 2)
    #expect(data.stratifiedSplit(heldOut: 0.1, using: &other).heldOut != heldOut)
    // Never the last row of a class.
    #expect(
      Set(data.stratifiedSplit(heldOut: 0.999, using: &other).fit.map { labels[$0] }).count == 4)
    #expect(data.stratifiedSplit(heldOut: 0, using: &other).heldOut.isEmpty)
  }

  @Test func samplesEachClassInProportion() {
    let labels = (0..<100).map { _ in 5 } + (0..<9).map { _ in 2 } + [9]
    let data = LabeledFeatures(features: .zeros([110, 1]), labels: labels)
    var random = RandomSource(seed: 1)
    let rows = data.stratifiedSample(0.1, using: &random)
    #expect(rows == rows.sorted() && Set(rows).count == rows.count)
    // Rounded, and at least one.
    for (label, expected) in [(5, 10), (2, 1), (9, 1)] {
      #expect(rows.count { labels[$0] == label } == expected)
    }
    var same = RandomSource(seed: 1)
    #expect(data.stratifiedSample(0.1, using: &same) == rows)
    var other = RandomSource(seed: 2)
    #expect(data.stratifiedSample(0.1, using: &other) != rows)
    #expect(data.stratifiedSample(1, using: &other) == Array(0..<110))
  }

  @Test func rows() {
    let data = LabeledFeatures(
      features: Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]), labels: [7, 8, 9])
    let part = data.rows([2, 0, 2])
    #expect(part.labels == [9, 7, 9] && part.features.floats() == [5, 6, 1, 2, 5, 6])
    #expect(part.count == 3 && part.dimensions == 2)
  }
}
