import JEPATensor

/// A change to an image, random or not. All randomness comes from the source passed in.
public protocol ImageTransform: Sendable {
  func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image
}

/// Transforms applied one after another.
public struct Compose: ImageTransform {
  public var transforms: [any ImageTransform]

  public init(_ transforms: [any ImageTransform]) { self.transforms = transforms }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    transforms.reduce(image) { $1($0, using: &random) }
  }
}

/// The transforms inside, all of them or none, by one draw.
public struct RandomApply: ImageTransform {
  public var transform: any ImageTransform
  /// The probability that the transform is applied.
  public var probability: Double

  public init(_ transform: any ImageTransform, probability: Double) {
    self.transform = transform
    self.probability = probability
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    random.uniform() < probability ? transform(image, using: &random) : image
  }
}
