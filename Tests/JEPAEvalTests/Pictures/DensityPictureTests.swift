import Foundation
import JEPAData
import JEPADensity
import JEPAEval
import JEPATensor
import Testing

/// A head that is the truth: exact, or by its samples only.
private struct TrueHead<Toy: ConditionalToy>: DensityPredictor {
  let toy: Toy
  var tolerance = 1e-9

  func callAsFunction(_ context: Tensor) -> TrueDensity<Toy> {
    TrueDensity(toy: toy, contexts: context, tolerance: tolerance)
  }
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {}
}

private struct SampledHead<Toy: ConditionalToy>: DensityPredictor {
  let base: TrueHead<Toy>

  func callAsFunction(_ context: Tensor) -> SampledDensity<Toy> {
    SampledDensity(base: base(context))
  }
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {}
}

private struct SampledDensity<Toy: ConditionalToy>: ConditionalDensity {
  let base: TrueDensity<Toy>

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { base.logDensity(of: y) }
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    base.sample(count, using: &random)
  }
  func mean(using random: inout RandomSource) -> Tensor { base.mean(using: &random) }
}

@Suite struct DensityPictureTests {
  @Test func truthLooksLikeItself() {
    let toy = RingOfGaussians(modeCounts: [1, 3])
    var random = RandomSource(seed: 1)
    let picture = DensityPicture(
      comparing: TrueHead(toy: toy), named: "truth", with: toy, title: "Ring", dtype: .float64,
      using: &random)
    #expect(picture.rows.map(\.label) == ["1 mode", "3 modes"])
    for row in picture.rows {
      #expect(row.panels.map(\.title) == ["true", "truth, learned"])
      #expect(row.panels[0].values == row.panels[1].values)
    }
    let image = picture.image(panelWidth: 100, panelHeight: 100)
    // Both panels of a row are the same pixels, and not of one colour.
    let left = image.cropped(x: 72, y: 72, width: 100, height: 100)
    let right = image.cropped(x: 72 + 126, y: 72, width: 100, height: 100)
    #expect(left == right)
    #expect(Set(left.luma()).count > 20)
  }

  @Test func samplesGiveTheDensityAndSaySo() {
    let toy = RingOfGaussians(modeCounts: [2], radius: 1, deviation: 0.3)
    var random = RandomSource(seed: 5)
    let picture = DensityPicture(
      comparing: SampledHead(base: TrueHead(toy: toy)), named: "Samples", with: toy, title: "Ring",
      dtype: .float64, using: &random)
    let (exact, drawn) = (picture.rows[0].panels[0], picture.rows[0].panels[1])
    #expect(drawn.title == "Samples, learned: samples")
    let peak = exact.values.max() ?? 0
    let difference = zip(exact.values, drawn.values).reduce(0) { $0 + abs($1.0 - $1.1) }
    let total = exact.values.reduce(0, +)
    #expect(difference / total < 0.15)
    #expect(abs((drawn.values.max() ?? 0) / peak - 1) < 0.3)
  }

  @Test func sinusoidWithMarksAndMean() {
    let toy = InverseSinusoid()
    var random = RandomSource(seed: 2)
    let modes = toy.modes(given: toy.exampleContexts).map { modes in
      modes.map {
        Mode(location: Tensor($0.location, shape: [1]), weight: $0.weight, logDensity: 0)
      }
    }
    let picture = DensityPicture(
      comparing: TrueHead(toy: toy), named: "truth", with: toy, title: "Sinusoid", modes: modes,
      dtype: .float64, using: &random)
    #expect(picture.rows.count == 1 && picture.rows[0].panels.count == 2)
    #expect(picture.rows[0].panels[1].marks.count == 7)
    #expect(picture.image().width > 600)
  }

  @Test func colorsDarkenEvenly() {
    let luma = stride(from: 0.0, through: 1, by: 0.01).map { value -> Double in
      let color = ColorMap.color(value)
      return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue
    }
    #expect(zip(luma, luma.dropFirst()).allSatisfy { $1 < $0 })
    let white = ColorMap.color(0)
    #expect(min(white.red, white.green, white.blue) > 0.99)
    #expect(ColorMap.color(7) == ColorMap.color(1) && ColorMap.color(.nan) == white)
  }

  @Test func ticksAreRoundAndInside() {
    #expect(
      AxisTicks.values(in: 0...1, count: 5).map { ($0 * 10).rounded() } == [0, 2, 4, 6, 8, 10])
    let ticks = AxisTicks.values(in: -1.675...1.675, count: 4)
    #expect(AxisTicks.labels(ticks) == ["−1", "0", "1"])
    #expect(AxisTicks.labels([0, 0.05, 0.1]) == ["0.00", "0.05", "0.10"])
    #expect(AxisTicks.values(in: 2...2, count: 4).isEmpty)
  }

  @Test func everyTitleCanBeDrawn() {
    let text = "The quick brown fox jumps over the lazy dog, SPHINX OF BLACK QUARTZ: 0123456789"
    #expect((text + "JUDGE MY VOW ().,-−+±=/%_").allSatisfy(StrokeFont.has))
    #expect(StrokeFont.width(of: "mm") > StrokeFont.width(of: "il"))
    #expect(StrokeFont.width(of: "") == 0)
  }
}
