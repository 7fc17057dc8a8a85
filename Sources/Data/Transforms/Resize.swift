import JEPATensor

/// Resizes an image, antialiased, as torchvision does.
public struct Resize: ImageTransform {
  public enum Target: Sendable, Equatable {
    /// To exactly this size, whatever the image's aspect ratio.
    case exactly(height: Int, width: Int)
    /// The shorter side to this many pixels, the longer in proportion, rounded down.
    case shorterSide(Int)
    /// To the smallest size of the image's aspect ratio that covers this one, rounded down; of a square, the
    /// shorter side to its own.
    case covering(height: Int, width: Int)
  }

  public var target: Target
  public var interpolation: Interpolation

  public init(_ target: Target, interpolation: Interpolation = .bilinear) {
    self.target = target
    self.interpolation = interpolation
  }

  public func callAsFunction(_ image: Image) -> Image {
    switch target {
    case .exactly(image.height, image.width), .covering(image.height, image.width):
      return image
    case .exactly(let height, let width):
      return image.resized(width: width, height: height, interpolation: interpolation)
    case .shorterSide(let size):
      return Resize(.covering(height: size, width: size), interpolation: interpolation)(image)
    case .covering(let height, let width):
      let (wide, high) = (width * image.height, height * image.width)
      return image.resized(
        width: wide >= high ? width : Int(Double(high) / Double(image.height)),
        height: wide >= high ? Int(Double(wide) / Double(image.width)) : height,
        interpolation: interpolation)
    }
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    self(image)
  }
}
