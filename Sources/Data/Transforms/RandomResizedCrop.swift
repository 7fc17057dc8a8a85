import Foundation
import JEPATensor

/// A random part of the image, resized to a fixed size (Szegedy et al., "Going deeper with
/// convolutions", 2015), with torchvision's distribution.
///
/// The part's area is uniform in `scale` of the image's, its aspect ratio log-uniform in `ratio`.
/// After ten draws that do not fit, the largest central part within `ratio` is taken.
public struct RandomResizedCrop: ImageTransform {
  public var height: Int
  public var width: Int
  /// The part's area as a share of the image's.
  public var scale: ClosedRange<Double>
  /// The part's width over its height.
  public var ratio: ClosedRange<Double>
  public var interpolation: Interpolation

  public init(
    height: Int, width: Int, scale: ClosedRange<Double> = 0.08...1,
    ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3, interpolation: Interpolation = .bilinear
  ) {
    require(
      height > 0 && width > 0 && scale.lowerBound > 0 && ratio.lowerBound > 0,
      "RandomResizedCrop: size \(height)x\(width), scale \(scale), ratio \(ratio)")
    self.height = height
    self.width = width
    self.scale = scale
    self.ratio = ratio
    self.interpolation = interpolation
  }

  /// A rectangle inside an image of the size given.
  public func rectangle(
    imageWidth: Int, imageHeight: Int, using random: inout RandomSource
  ) -> (x: Int, y: Int, width: Int, height: Int) {
    let area = Double(imageWidth * imageHeight)
    for _ in 0..<10 {
      let target = area * random.uniform(in: scale)
      let aspect = exp(random.uniform(in: log(ratio.lowerBound)...log(ratio.upperBound)))
      let w = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
      let h = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
      if 0 < w && w <= imageWidth && 0 < h && h <= imageHeight {
        let y = random.integer(below: imageHeight - h + 1)
        let x = random.integer(below: imageWidth - w + 1)
        return (x, y, w, h)
      }
    }
    let aspect = Double(imageWidth) / Double(imageHeight)
    var w = imageWidth
    var h = imageHeight
    if aspect < ratio.lowerBound {
      h = Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if aspect > ratio.upperBound {
      w = Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    h = max(1, min(h, imageHeight))
    w = max(1, min(w, imageWidth))
    return ((imageWidth - w) / 2, (imageHeight - h) / 2, w, h)
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    let box = rectangle(imageWidth: image.width, imageHeight: image.height, using: &random)
    return image.resized(from: box, width: width, height: height, interpolation: interpolation)
  }
}

extension RandomSource {
  /// A uniform draw between the bounds; the upper one has probability 0 unless both are the same.
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }
}
