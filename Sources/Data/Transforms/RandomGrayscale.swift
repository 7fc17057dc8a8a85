import JEPATensor

/// Replaces colours by their luma with a given probability.
public struct RandomGrayscale: ImageTransform {
  public var probability: Double

  public init(probability: Double = 0.1) { self.probability = probability }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    random.uniform() < probability ? image.grayscale() : image
  }
}
