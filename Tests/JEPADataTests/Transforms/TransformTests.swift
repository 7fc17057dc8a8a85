import Foundation
import JEPATensor
import Testing

@testable import JEPAData

@Suite struct TransformTests {
  @Test func cropsStayInsideAndFollowTheDistribution() {
    let crop = RandomResizedCrop(height: 64, width: 64, scale: 0.3...1)
    var random = RandomSource(seed: 1)
    var areas: [Double] = []
    for _ in 0..<4000 {
      let box = crop.rectangle(imageWidth: 200, imageHeight: 150, using: &random)
      #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 200 && box.y + box.height <= 150)
      areas.append(Double(box.width * box.height) / 30_000)
      let ratio = Double(box.width) / Double(box.height)
      #expect(ratio > 0.73 && ratio < 1.36)
    }
    // Uniform in 0.3 ... 1, thinned where a large crop does not fit: 0.5499 on average, from
    // 200,000 draws of torchvision's rule in Python.
    #expect((areas.min() ?? 0) > 0.28 && (areas.max() ?? 0) <= 1)
    #expect(abs(areas.reduce(0, +) / 4000 - 0.5499) < 0.008)
  }

  /// A strip allows no crop of these ratios: the central fallback, by hand.
  @Test func impossibleCropsFallBackToTheMiddle() {
    var random = RandomSource(seed: 2)
    let crop = RandomResizedCrop(height: 8, width: 8, scale: 0.9...1)
    let wide = crop.rectangle(imageWidth: 400, imageHeight: 30, using: &random)
    #expect(wide == (180, 0, 40, 30))  // 30 * 4/3 = 40
    let tall = crop.rectangle(imageWidth: 30, imageHeight: 401, using: &random)
    #expect(tall == (0, 180, 30, 40))  // 30 / (3/4) = 40
    let dot = crop.rectangle(imageWidth: 1, imageHeight: 1, using: &random)
    #expect(dot == (0, 0, 1, 1))
  }

  @Test func resizeKeepsProportions() {
    let image = Image(width: 30, height: 21)
    let short = Resize(.shorterSide(14))(image)
    #expect((short.width, short.height) == (20, 14))
    let tall = Resize(.shorterSide(10))(Image(width: 3, height: 11))
    #expect((tall.width, tall.height) == (10, 36))  // 110 / 3, rounded down
    let exact = Resize(.exactly(height: 5, width: 9), interpolation: .bicubic)(image)
    #expect((exact.width, exact.height) == (9, 5))
  }

  /// Offsets are halves rounded to even, as Python rounds.
  @Test func centerCropRoundsAsPythonDoes() {
    let image = Image(width: 9, height: 7) { bytes in
      for i in 0..<63 {
        bytes[3 * i] = UInt8(i % 9)
        bytes[3 * i + 1] = UInt8(i / 9)
        bytes[3 * i + 2] = 0
      }
    }
    let crop = CenterCrop(height: 4, width: 4)(image)  // 5 / 2 and 3 / 2 both round to 2
    #expect(crop[0, 0] == (2, 2, 0))
    let padded = CenterCrop(height: 9, width: 4)(image)
    #expect((padded.width, padded.height) == (4, 9))
    #expect(padded[0, 0] == (0, 0, 0) && padded[0, 1] == (2, 0, 0))
  }

  @Test func probabilitiesAreKept() {
    let image = noiseImage(seed: 9)
    var random = RandomSource(seed: 3)
    func share(_ transform: some ImageTransform) -> Double {
      var changed = 0
      for _ in 0..<2000 where transform(image, using: &random) != image { changed += 1 }
      return Double(changed) / 2000
    }
    #expect(abs(share(HorizontalFlip()) - 0.5) < 0.05)
    #expect(abs(share(RandomGrayscale(probability: 0.2)) - 0.2) < 0.05)
    #expect(abs(share(GaussianBlur(radius: 1...2)) - 0.5) < 0.05)
    #expect(share(HorizontalFlip(probability: 0)) == 0)
    #expect(share(RandomApply(HorizontalFlip(probability: 1), probability: 1)) == 1)
  }

  @Test func jitterOfNothingChangesNothing() {
    let image = noiseImage(seed: 10)
    var random = RandomSource(seed: 4)
    #expect(ColorJitter()(image, using: &random) == image)
    #expect(ColorJitter(brightness: 0.4, hue: 0.1)(image, using: &random) != image)
  }

  /// Brightness only: one factor for the whole image, within its bounds.
  @Test func jitterFactorsAreBounded() {
    let gray = Image(width: 2, height: 2, red: 100, green: 100, blue: 100)
    var random = RandomSource(seed: 5)
    var values: [UInt8] = []
    for _ in 0..<500 {
      values.append(ColorJitter(brightness: 0.5)(gray, using: &random)[1, 1].green)
    }
    #expect(values.min() ?? 0 >= 50 && values.min() ?? 0 < 55)
    #expect(values.max() ?? 0 <= 150 && values.max() ?? 0 > 145)
  }

  @Test func normalizeByHand() {
    let image = Image(width: 2, height: 1, pixels: [0, 51, 255, 102, 204, 153])
    let values = Normalize(mean: [0.5, 0.2, 0], standardDeviation: [0.5, 0.1, 2])(image).floats()
    for (value, expected) in zip(values, [-1, -0.2, 0, 6, 0.5, 0.3] as [Float]) {
      #expect(abs(value - expected) < 1e-5)
    }
  }

  @Test func normalizeInverts() {
    let image = noiseImage(seed: 11)
    let planes = Normalize.imageNet(image).floats()
    let back = planes.withUnsafeBufferPointer {
      Normalize.imageNet.image(fromPlanes: $0, height: image.height, width: image.width)
    }
    #expect(back == image)
  }

  @Test func trainingTransformDependsOnItsSourceAlone() {
    let image = noiseImage(width: 90, height: 70, seed: 12)
    let transform = TrainingTransform(size: 32, flip: true, colorDistortion: 1, blur: true)
    func run(_ seed: UInt64) -> [Float] {
      var random = RandomSource(seed: seed)
      let sample = transform(image, using: &random)
      #expect(sample.shape == [3, 32, 32])
      return sample.floats()
    }
    #expect(run(1) == run(1))
    #expect(run(1) != run(2))
  }

  @Test func evaluationTransformFits() {
    let image = noiseImage(width: 90, height: 40, seed: 13)
    let stretched = EvaluationTransform(size: 32, fit: .stretch).image(from: image)
    #expect(stretched == image.resized(width: 32, height: 32, interpolation: .bicubic))
    let cropped = EvaluationTransform(size: 32).image(from: image)
    #expect(
      cropped
        == image.resized(width: 72, height: 32, interpolation: .bicubic)
        .cropped(x: 20, y: 0, width: 32, height: 32))
    #expect(EvaluationTransform(height: 40, width: 90).image(from: image) == image)
    // The shorter side, then the middle: of 45 by 20 pixels, and of what is smaller than the middle.
    func prepared(_ resize: Resize.Target?, _ rounding: FloatingPointRoundingRule) -> Image {
      EvaluationTransform(resize: resize, height: 17, width: 18, cropRounding: rounding)
        .image(from: image)
    }
    let small = image.resized(width: 45, height: 20, interpolation: .bicubic)
    #expect(
      prepared(.shorterSide(20), .toNearestOrEven)
        == small.cropped(x: 14, y: 2, width: 18, height: 17))
    #expect(prepared(.shorterSide(20), .down) == small.cropped(x: 13, y: 1, width: 18, height: 17))
    #expect(prepared(nil, .down) == image.cropped(x: 36, y: 11, width: 18, height: 17))
    #expect(
      EvaluationTransform(resize: nil, height: 50, width: 100).image(from: image).height == 50)
    // torchvision's int(size · long / short), also where the quotient of the sides is no double.
    let odd = noiseImage(width: 72, height: 48, seed: 14)
    #expect(Resize(.shorterSide(64))(odd).width == 96)
    #expect(Resize(.covering(height: 20, width: 60))(odd).height == 40)
    #expect(Resize(.covering(height: 60, width: 20))(odd).width == 90)
  }
}
