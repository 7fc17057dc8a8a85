import JEPATensor

/// Mirrors the image left to right with a given probability.
public struct HorizontalFlip: ImageTransform {
  public var probability: Double

  public init(probability: Double = 0.5) { self.probability = probability }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    random.uniform() < probability ? image.flippedHorizontally() : image
  }
}
