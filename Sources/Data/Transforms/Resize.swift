import JEPATensor

/// Resizes an image, antialiased, as torchvision does.
public struct Resize: ImageTransform {
  public enum Target: Sendable, Equatable {
    /// To exactly this size, whatever the image's aspect ratio.
    case exactly(height: Int, width: Int)
    /// The shorter side to this many pixels, the longer in proportion, rounded down.
    case shorterSide(Int)
  }

  public var target: Target
  public var interpolation: Interpolation

  public init(_ target: Target, interpolation: Interpolation = .bilinear) {
    self.target = target
    self.interpolation = interpolation
  }

  public func callAsFunction(_ image: Image) -> Image {
    switch target {
    case .exactly(let height, let width):
      return image.resized(width: width, height: height, interpolation: interpolation)
    case .shorterSide(let size):
      let short = min(image.width, image.height)
      let long = Int(Double(size * max(image.width, image.height)) / Double(short))
      return image.resized(
        width: image.width <= image.height ? size : long,
        height: image.width <= image.height ? long : size, interpolation: interpolation)
    }
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    self(image)
  }
}
