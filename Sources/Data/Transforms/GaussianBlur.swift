import JEPATensor

/// Blurs the image with a given probability, by a standard deviation uniform in `radius` pixels.
public struct GaussianBlur: ImageTransform {
  public var radius: ClosedRange<Double>
  public var probability: Double

  public init(radius: ClosedRange<Double> = 0.1...2, probability: Double = 0.5) {
    require(radius.lowerBound >= 0, "GaussianBlur: radius \(radius) is negative")
    self.radius = radius
    self.probability = probability
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    guard random.uniform() < probability else { return image }
    return image.gaussianBlurred(radius: random.uniform(in: radius))
  }
}
