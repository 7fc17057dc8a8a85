import JEPATensor

/// The middle of an image; one smaller than the crop is first padded with black.
public struct CenterCrop: ImageTransform {
  public var height: Int
  public var width: Int
  /// Where the middle lies between two pixels: to the even one, as torchvision does, or down, as Hugging Face's
  /// image processors do.
  public var rounding: FloatingPointRoundingRule

  public init(
    height: Int, width: Int, rounding: FloatingPointRoundingRule = .toNearestOrEven
  ) {
    require(height > 0 && width > 0, "CenterCrop: size \(height)x\(width)")
    self.height = height
    self.width = width
    self.rounding = rounding
  }

  public func callAsFunction(_ image: Image) -> Image {
    let padded = image.padded(toWidth: width, height: height)
    let x = (Double(padded.width - width) / 2).rounded(rounding)
    let y = (Double(padded.height - height) / 2).rounded(rounding)
    return padded.cropped(x: Int(x), y: Int(y), width: width, height: height)
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    self(image)
  }
}
